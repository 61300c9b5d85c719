"""``kanban bounces``: a mail server's report of what it could not deliver."""

from __future__ import annotations

from typing import BinaryIO

import click

from kanban import clock, journal, outbox
from kanban.cli.running import database
from kanban.senders.email import bounces as reports

LARGEST_REPORT = 5_000_000


def install(group: click.Group) -> None:
    """Put the command into the group."""
    group.add_command(bounces)


@click.command()
@click.argument("file", type=click.File("rb"))
@click.pass_context
def bounces(ctx: click.Context, file: BinaryIO) -> None:
    """Read a delivery status notification (RFC 3464) from FILE, or from standard input with -.

    The delivery that it reports as failed is dead and stands on the board. Ends with 1 where the report
    is none, or about no delivery of ours.
    """
    report = reports.read(file.read(LARGEST_REPORT))
    if report is None:
        raise click.ClickException("this is not a delivery status notification")
    if not report.failed:
        click.echo("Nothing has failed for good: nothing is changed.")
        return
    deed = journal.Deed(clock.now(), journal.By("cli"))
    with database(ctx) as opened:
        about = opened.write(
            lambda session: outbox.note_bounce(session, deed, report.message_ids, report.why)
        )
    if about is None:
        raise click.ClickException("the report is about no delivery of ours")
    click.echo(f"Noted: {about} did not arrive ({report.why}).")
