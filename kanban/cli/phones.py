"""Paired phones from the command line: for a server without a screen."""

from __future__ import annotations

import sys

import click

from kanban import clock, journal, people
from kanban.cli.running import database, settings


def install(group: click.Group) -> None:
    """Put the commands into the group."""
    group.add_command(phone)


@click.group()
def phone() -> None:
    """Phones that order without an account: pair. `kanban token` lists and revokes them."""


@phone.command("pair")
@click.argument("name")
@click.option("--role", type=click.Choice(people.ROLES), default="signaller", show_default=True)
@click.option("--asks", type=click.Choice(people.ASKS), default="nobody", show_default=True)
@click.pass_context
def pair_phone(ctx: click.Context, name: str, role: str, asks: str) -> None:
    """Show the square that makes a phone the device NAME: good for ten minutes, for one phone."""
    from kanban.labels import rasters

    facts, deed = people.PhoneFacts(name, role, asks=asks), journal.Deed(clock.now(), journal.By("cli"))
    with database(ctx) as db:
        code = db.write(lambda session: people.open_pairing(session, deed, facts))
    address = f"{settings(ctx).base_url}/pair"
    rasters.on_terminal(f"{address}#{code.secret}", sys.stdout)
    click.echo(f"Hold the phone's camera before it, or type on the phone: {address}")
    click.echo(f"Code: {code.short[:4]} {code.short[4:]}")
