"""``kanban labels``: cards and labels as PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kanban import clock, config, journal, labels
from kanban.cli.running import database, settings
from kanban.config import Settings
from kanban.db import Database
from kanban.reports import printing


def install(group: click.Group) -> None:
    """Put the command into the group."""
    group.add_command(print_labels)


@click.command("labels")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default="cards.pdf", help="The PDF.")
@click.option("--face", default="card", show_default=True, help="The design: see --list.")
@click.option("--stock", default="a4-cards", show_default=True, help="The paper: see --list.")
@click.option("--start", default=1, show_default=True, help="First free label of a used sheet, from 1.")
@click.option(
    "--which",
    type=click.Choice(printing.WAITING),
    default="waiting",
    show_default=True,
    help="waiting: not printed yet, or to be printed again. new, reprint: one of these. all: every card.",
)
@click.option("--find", default="", help="Only cards whose item, supplier or place has this text.")
@click.option("--list", "list_papers", is_flag=True, help="Show the faces and the stocks that they fit on.")
@click.pass_context
def print_labels(ctx: click.Context, /, which: str, find: str, list_papers: bool, **job: Any) -> None:
    """Make a PDF of cards or labels, and note in the journal that they were printed.

    At most 1,000 cards at a time: call it again for the rest. The cards carry KANBAN_BASE_URL.
    """
    chosen = settings(ctx)
    if list_papers:
        for paper in printing.papers(config.assets("labels"), chosen.base_url):
            sizes = f"--face {paper.face.name:8} --stock {paper.stock.name:14}"
            click.echo(f"{sizes} {paper.face.title}, {paper.stock.title}")
        return
    with database(ctx) as db:
        _print(db, chosen, printing.Choice(which=which, q=find), **job)


def _print(db: Database, chosen: Settings, choice: printing.Choice, *, out: Path, **paper: Any) -> None:
    at = clock.now()
    with db.read() as session:
        groups, count = printing.choose(session, choice)
        cards = [card for group in groups for card in group.cards]
        if not cards:
            raise click.ClickException("no card waits to be printed: --which all prints all of them")
        values = printing.label_values(session, cards, at.astimezone(chosen.zone).date(), ahead=1)
        versions = {card.id: card.print_version for card in cards}
    try:
        pdf = labels.pdf(values, base_url=chosen.base_url, assets=config.assets("labels"), **paper)
    except labels.LabelError as refused:
        raise click.ClickException(str(refused)) from refused
    out.write_bytes(pdf)
    deed = journal.Deed(at, journal.By("cli"))
    db.write(lambda session: printing.note_printed(session, deed, versions))
    click.echo(f"{len(cards)} of {count} cards are in {out}; they carry {chosen.base_url}.")
    if printing.is_provisional(chosen.base_url):
        click.echo("Set KANBAN_BASE_URL to the name that lasting cards shall carry.", err=True)
