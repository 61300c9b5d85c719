"""``kanban labels``: cards and labels as PDF, ZPL or pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from kanban import clock, config, journal, labels, prints
from kanban.cli.running import database, settings
from kanban.config import Settings
from kanban.db import Database
from kanban.labels import archives, faces, jobs, stockfiles, stocks, symbols, words, zpl
from kanban.labels.sheets import Plan
from kanban.prints import Batch
from kanban.reports import printing

ASSETS = config.assets("labels")
ENDINGS = (".pdf", ".zpl", ".zip")


def install(group: click.Group) -> None:
    """Put the command into the group."""
    group.add_command(print_labels)


@click.command("labels")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default="cards.pdf",
    help="The file; its ending says what: .pdf, .zpl for a Zebra, .zip of PNGs with exact dots.",
)
@click.option("--face", default="card", show_default=True, help="The design: see --list.")
@click.option("--stock", default="a4-cards", show_default=True, help="The paper: see --list.")
@click.option("--start", default=1, show_default=True, help="First free label of a used sheet, from 1.")
@click.option(
    "--languages", default="en", show_default=True, help="Of the words on it; two side by side: “de en”."
)
@click.option("--dpi", type=int, help="Of the label printer, if not what the roll says: 203, 300, 600.")
@click.option(
    "--which",
    type=click.Choice(printing.WAITING),
    default="waiting",
    show_default=True,
    help="waiting: not printed yet, or asked for again. new, worn: one of these. changed: since the print.",
)
@click.option("--find", default="", help="Only cards whose item, supplier or place has this text.")
@click.option("--list", "list_papers", is_flag=True, help="Show the faces and the stocks that they fit on.")
@click.pass_context
def print_labels(ctx: click.Context, /, which: str, find: str, list_papers: bool, **job: Any) -> None:
    """Make a file of cards or labels, and note in the journal that they were printed.

    At most 20,000 cards at a time, on all cores. The cards carry KANBAN_BASE_URL.
    """
    chosen = settings(ctx)
    with database(ctx) as db:
        if list_papers:
            _list(db, chosen)
        else:
            _print(db, chosen, printing.Choice(which=which, q=find), **job)


def _list(db: Database, chosen: Settings) -> None:
    with db.read() as session:
        found = printing.all_stocks(session, ASSETS, chosen.data / "stocks")
    for wrong in stockfiles.read(chosen.data / "stocks", stocks.every(ASSETS))[1]:
        click.echo(wrong, err=True)
    for face in faces.every(ASSETS).values():
        if face.of == faces.CARDS:
            count = symbols.modules(chosen.base_url, small=face.micro)
            for stock, place in faces.papers(ASSETS, face, found, count):
                sizes = f"--face {face.name:8} --stock {stock.name:22} {place.module:.2f} mm"
                click.echo(f"{sizes} {face.title}, {stock.said}")


def _print(db: Database, chosen: Settings, choice: printing.Choice, *, out: Path, **paper: Any) -> None:
    if out.suffix not in ENDINGS:
        raise click.BadParameter(f"{out.name} ends in none of {', '.join(ENDINGS)}.", param_hint="--out")
    deed = journal.Deed(clock.now(), journal.By("cli"))
    try:
        batch_id = _issue(db, chosen, choice, deed, **paper)
        with db.read() as session:
            batch = session.get_one(Batch, batch_id)
            how = printing.plan_of(batch, ASSETS)
            _write(printing.batch_labels(session, batch, chosen.zone), how, out, batch.count)
    except (labels.LabelError, printing.TooManyLabels, prints.CardsChanged) as refused:
        raise click.ClickException(str(refused)) from refused
    except OSError as trouble:
        raise click.ClickException(f"{out} cannot be written: {trouble.strerror or trouble}.") from trouble
    db.write(lambda session: prints.hand_over(session, deed, session.get_one(Batch, batch_id)))
    click.echo(f"{batch.count} cards are in {out}; they carry {chosen.base_url}.")
    if printing.is_provisional(chosen.base_url):
        click.echo("Set KANBAN_BASE_URL to the name that lasting cards shall carry.", err=True)


def _issue(
    db: Database, chosen: Settings, choice: printing.Choice, deed: journal.Deed, *, face: str, stock: str,
    start: int, languages: str, dpi: int | None,
) -> int:  # fmt: skip
    """Make the batch; its cards wear the new labels only when the file is there."""
    with db.read() as session:
        found = stocks.known(printing.all_stocks(session, ASSETS, chosen.data / "stocks"), stock)
        found = replace(found, dpi=dpi) if dpi and found.is_roll else found
        spoken = words.chosen(languages)
        how = labels.plan(ASSETS, chosen.base_url, face, found, start, languages=spoken)
        cards = printing.cards(session, printing.card_ids(session, choice))
        if not cards:
            raise click.ClickException("no card waits to be printed: --which all prints all of them")
        wanted = printing.wanted_labels(session, cards, spoken)
    paper = printing.paper_of(how, None)
    return db.write(lambda session: prints.make(session, deed, wanted, paper).id)


def _write(made: Iterable[labels.Label], how: Plan, out: Path, count: int) -> None:
    if out.suffix != ".pdf":
        pieces = zpl.job(made, how) if out.suffix == ".zpl" else archives.pictures(iter(made), how)
        with jobs.whole(out) as half, half.open("wb") as file:
            file.writelines(pieces)
    else:
        with click.progressbar(length=count, label="Cards", hidden=count <= jobs.SMALL) as bar:
            jobs.write_pdf(made, how, out, lambda done: bar.update(done - bar.pos))
