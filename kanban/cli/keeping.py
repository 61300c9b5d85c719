"""Keeping the shop's data: backup, restore, verify, doctor, upgrade."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict
from pathlib import Path

import click
from sqlalchemy.exc import DatabaseError

from kanban import clock, journal, schema
from kanban.cli.running import database, settings
from kanban.config import Settings
from kanban.db import Database
from kanban.keeping import backups, copies, doctor, dumps, folder, machine, manifests, restoration
from kanban.keeping import verify as verification
from kanban.keeping.restoration import Lost, Restored
from kanban.orders import NUMBER_FORMAT

REFUSALS = (
    backups.NoShop,
    dumps.ClientFailed,
    dumps.ClientMissing,
    folder.FolderRefused,
    manifests.BadBackup,
    schema.BrokenReferences,
    schema.WrongSchema,
)
COLOURS = {machine.OK: "green", machine.LOOK: "yellow", machine.BAD: "red"}


def install(group: click.Group) -> None:
    """Put the commands into the group."""
    for command in (backup, restore, verify, doctor_command, upgrade):
        group.add_command(command)


@click.command()
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where to put it; another disk is better. Default: the folder `backups` in the data folder.",
)
@click.option("--thin", is_flag=True, help="Then keep only 7 daily, 5 weekly and 12 monthly ones there.")
@click.pass_context
def backup(ctx: click.Context, to: Path | None, thin: bool) -> None:
    """Make a backup, checked and with its manifest, while the shop goes on working."""
    chosen = settings(ctx)
    made = _backup(chosen, to)
    click.echo(
        f"{made.file}  ({made.manifest.size / 1e6:,.1f} MB, {made.manifest.events:,} events, verified)"
    )
    click.echo(f"Journal's end: {made.manifest.events}:{made.manifest.head}")
    if thin:
        for gone in backups.thin(made.file.parent):
            click.echo(f"Thinned out: {gone.name}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def restore(ctx: click.Context, file: Path, yes: bool) -> None:
    """Put the backup FILE in the place of the shop's database. Stop the server first.

    What it replaces is kept beside it. Order numbers move ahead by 1,000, so that none comes twice.
    """
    chosen = settings(ctx)
    if not yes:
        click.confirm(f"Replace the shop in {chosen.data} by {file.name}?", abort=True)
    try:
        done = restoration.restore(chosen, file, clock.now())
    except REFUSALS as wrong:
        unharmed = ". The shop is as it was." if chosen.is_sqlite else ""
        raise click.ClickException(f"{wrong}{unharmed}") from wrong
    _tell_restored(done)


@click.command()
@click.option("--anchor", metavar="N:HASH", help="The journal's end as a backup or a mail noted it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of sentences.")
@click.pass_context
def verify(ctx: click.Context, anchor: str | None, as_json: bool) -> None:
    """Check the journal's chain, the invariants, and the tables against the journal.

    Ends with 1 where something does not hold.
    """
    noted = _anchor(anchor)
    with database(ctx) as opened:
        try:
            findings, head = _verified(opened, noted)
        except DatabaseError as wrong:
            raise click.ClickException(f"the database cannot be read: {wrong.orig}") from wrong
    if as_json:
        told = {"events": head[0], "head": head[1], "findings": [asdict(finding) for finding in findings]}
        click.echo(json.dumps(told, indent=2))
    else:
        _tell_findings(findings, head)
    ctx.exit(1 if findings else 0)


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="A JSON list instead of lines.")
@click.pass_context
def doctor_command(ctx: click.Context, as_json: bool) -> None:
    """Look for what could hurt this installation, and say what to do.

    Ends with 1 where something is bad.
    """
    checks = list(doctor.examine(settings(ctx), os.environ, clock.now()))
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        for check in checks:
            _tell_check(check)
    ctx.exit(1 if doctor.worst(checks) == machine.BAD else 0)


@click.command()
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Bring the database to this program's version, after a backup. Stop the server first."""
    chosen = settings(ctx)
    chosen.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with folder.own(chosen.data, holds_database=chosen.is_sqlite):
            before = schema.found(chosen.database_url)
            if before == schema.wanted():
                click.echo(f"The database has version {before} already.")
                return
            if before is not None:
                click.echo(f"Backup: {_backup(chosen, None).file}")
            _, now = schema.upgrade(chosen.database_url)
    except REFUSALS as wrong:
        raise click.ClickException(str(wrong)) from wrong
    click.echo(f"The database has version {now} now{f', before {before}' if before else ''}.")


def _backup(chosen: Settings, to: Path | None) -> backups.Backup:
    try:
        return backups.backup(chosen, to, clock.now())
    except REFUSALS as wrong:
        raise click.ClickException(str(wrong)) from wrong


def _verified(
    opened: Database, anchor: tuple[int, str] | None
) -> tuple[list[verification.Finding], tuple[int, str]]:
    with copies.snapshot(opened) as session:
        return list(verification.verify(session, anchor=anchor)), journal.head(session)


def _anchor(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,18}:[0-9a-f]{64}", text):
        raise click.BadParameter("give number and hash, as `kanban backup` prints them: 123:9f86d0…")
    number, hashed = text.split(":")
    return int(number), hashed


def _tell_findings(findings: list[verification.Finding], head: tuple[int, str]) -> None:
    for finding in findings:
        click.secho(f"{finding.where}: {finding.what}", fg="red")
        click.echo(f"    {finding.meaning} ({finding.rule})")
    click.echo(f"Journal's end: {head[0]}:{head[1]}")
    click.echo(f"{len(findings)} findings; see docs/operations.md." if findings else "Everything holds.")


def _tell_check(check: machine.Check) -> None:
    click.echo(
        f"{click.style(f'{check.verdict:5}', fg=COLOURS[check.verdict])}{check.name:14} {check.sentence}"
    )
    if check.todo:
        click.echo(f"{'':19} → {check.todo}")


def _tell_restored(done: Restored) -> None:
    manifest = done.manifest
    click.echo(
        f"Restored: the shop of {manifest.made_at:%Y-%m-%d %H:%M} UTC, {manifest.events:,} events, verified."
    )
    click.echo(
        f"The next order is {NUMBER_FORMAT.format(done.first_order_number)}. Everybody signs in again."
    )
    if done.replaced:
        click.echo(f"What was there before: {done.replaced}")
    if done.old.lost:
        _tell_lost(done.old.lost)
    elif done.old.known and not done.old.related:
        click.echo("It was not a later state of this shop: nothing can be said of what is lost.")
    elif done.old.known:
        click.echo("Nothing is lost: it held no later event.")
    elif done.replaced:
        click.echo("It cannot be read: nobody knows what happened after the backup. Look at the bins.")


def _tell_lost(lost: Lost) -> None:
    kinds = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(lost.kinds.items()))
    click.echo(
        f"Lost: {lost.events:,} events from {lost.since:%Y-%m-%d %H:%M} to {lost.until:%Y-%m-%d %H:%M} UTC"
    )
    click.echo(f"    {kinds}")
    if lost.orders:
        click.echo(f"    Their suppliers have these orders, this shop does not: {', '.join(lost.orders)}")
