"""People, and tokens for programs, from the command line."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from kanban import clock, journal, people
from kanban.cli.running import database

CLI = journal.By("cli")


def install(group: click.Group) -> None:
    """Put the commands into the group."""
    group.add_command(user)
    group.add_command(token)


@click.group()
def user() -> None:
    """People who sign in: add, list, password, end."""


@user.command("add")
@click.argument("login")
@click.option("--name", help="The name as others see it. Default: LOGIN.")
@click.option("--role", type=click.Choice(people.ROLES), default="operator", show_default=True)
@click.password_option(help="At least 12 characters; asked for where it is not given.")
@click.pass_context
def add_user(ctx: click.Context, login: str, name: str | None, role: str, password: str) -> None:
    """Add somebody who signs in as LOGIN.

    An administrator added here closes the set-up link.
    """
    hashed = _hash(password, login)
    at = clock.now()
    with database(ctx) as db:

        def work(session: Session) -> None:
            deed = journal.Deed(at, CLI)
            people.add(session, deed, login=login, name=name or login, role=role, password_hash=hashed)
            if role == "admin":
                people.close_set_up(session, at)

        try:
            db.write(work)
        except people.LoginTaken as taken:
            raise click.ClickException(str(taken)) from taken
    click.echo(f"{login} may sign in as {role}.")


@user.command("list")
@click.pass_context
def list_users(ctx: click.Context) -> None:
    """Show who may sign in."""
    with database(ctx) as db, db.read() as session:
        for person in people.everybody(session):
            state = "" if person.active else "  (ended)"
            click.echo(f"{person.login:24} {person.role:10} {person.name}{state}")


@user.command("password")
@click.argument("login")
@click.password_option(help="The new password; asked for where it is not given.")
@click.pass_context
def set_password(ctx: click.Context, login: str, password: str) -> None:
    """Give LOGIN a new password and end their sign-ins."""
    hashed = _hash(password, login)
    with database(ctx) as db:

        def work(session: Session) -> None:
            people.set_password(session, journal.Deed(clock.now(), CLI), _person(session, login), hashed)

        db.write(work)
    click.echo(f"{login} has a new password.")


@user.command("end")
@click.argument("login")
@click.pass_context
def end_user(ctx: click.Context, login: str) -> None:
    """End the access of LOGIN; what they did stays on record."""
    with database(ctx) as db:

        def work(session: Session) -> None:
            person = _person(session, login)
            deed = journal.Deed(clock.now(), CLI)
            people.change(session, deed, person, name=person.name, role=person.role, active=False)

        try:
            db.write(work)
        except people.LastAdmin as last:
            raise click.ClickException(str(last)) from last
    click.echo(f"{login} may not sign in any more.")


@click.group()
def token() -> None:
    """Tokens for programs, scanners and buttons: add, list, revoke."""


@token.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(people.ROLES), default="operator", show_default=True)
@click.pass_context
def add_token(ctx: click.Context, name: str, role: str) -> None:
    """Make a token for the device or program NAME and print it, once.

    Send it as `Authorization: Bearer TOKEN` (docs/api.md).
    """
    with database(ctx) as db:
        secret = db.write(
            lambda session: people.add_device(session, journal.Deed(clock.now(), CLI), name, role)[1]
        )
    click.echo(secret)


@token.command("list")
@click.pass_context
def list_tokens(ctx: click.Context) -> None:
    """Show the devices and programs that have a token."""
    with database(ctx) as db, db.read() as session:
        for device in people.devices(session):
            state = "  (revoked)" if device.revoked_at else ""
            click.echo(f"{device.id:>4}  {device.role:10} {device.name}{state}")


@token.command("revoke")
@click.argument("number", type=int)
@click.pass_context
def revoke_token(ctx: click.Context, number: int) -> None:
    """End the token NUMBER of `kanban token list`."""
    with database(ctx) as db:

        def work(session: Session) -> None:
            device = session.get(people.Device, number)
            if device is None:
                raise click.ClickException(f"there is no token {number}")
            people.revoke_device(session, journal.Deed(clock.now(), CLI), device)

        db.write(work)
    click.echo("Revoked.")


def _hash(password: str, login: str) -> str:
    try:
        return people.hash_password(password, login=login)
    except people.BadPassword as weak:
        raise click.ClickException(str(weak)) from weak


def _person(session: Session, login: str) -> people.Person:
    person = people.by_login(session, login)
    if person is None:
        raise click.ClickException(f"nobody signs in as {login}")
    return person
