"""Spreadsheets in and out, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kanban import clock, journal
from kanban.cli.running import database, settings
from kanban.imports import applying, export, planning, rows, sheet
from kanban.imports.fates import Plan, as_plain
from kanban.imports.rows import Parsed

MOST_SHOWN = 100  # errors


def install(group: click.Group) -> None:
    """Put the commands into the group."""
    group.add_command(import_sheet)
    group.add_command(export_sheet)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Only say what would change.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs.")
@click.pass_context
def import_sheet(ctx: click.Context, file: Path, check: bool, as_json: bool) -> None:
    """Take in items, suppliers, places, loops and cards from FILE (.csv or .xlsx).

    One row for each loop; docs/import.md tells the columns. All rows are kept or none.
    """
    parsed = _read(file)
    currency = settings(ctx).currency
    with database(ctx) as db:
        with db.read() as session:
            planned = planning.plan(session, parsed, currency)
        refused = bool(planned.errors)
        if not refused and not check:
            deed = journal.Deed(clock.now(), journal.By("import"))
            db.write(lambda session: applying.apply(session, deed, parsed, currency))
    imported = not refused and not check and planned.changes_anything
    if as_json:
        click.echo(json.dumps(as_plain(planned, parsed) | {"imported": imported}))
    else:
        _tell(planned, parsed, imported)
    if refused:
        ctx.exit(1)


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.pass_context
def export_sheet(ctx: click.Context, file: Path | None) -> None:
    """Write all loops as one sheet into FILE (.csv or .xlsx), or as CSV to standard output.

    The sheet can be changed and imported again.
    """
    write = export.as_workbook if file and file.suffix.lower() == ".xlsx" else export.as_csv
    currency = settings(ctx).currency
    with database(ctx) as db, db.read() as session:
        data = write(export.everything(session, currency))
    if file is None:
        click.echo(data, nl=False)
        return
    try:
        file.write_bytes(data)
    except OSError as wrong:
        raise click.ClickException(f"cannot write {file}: {wrong.strerror}") from wrong


def _read(file: Path) -> Parsed:
    try:
        with file.open("rb") as opened:
            data = opened.read(sheet.MAX_BYTES + 1)
        return rows.parse(sheet.read(data, file.name))
    except sheet.SheetError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    except OSError as wrong:
        raise click.ClickException(f"cannot read {file}: {wrong.strerror}") from wrong


def _tell(planned: Plan, parsed: Parsed, imported: bool) -> None:
    for error in planned.errors[:MOST_SHOWN]:
        value = f" “{error.value}”" if error.value else ""
        click.echo(f"row {error.row}, {error.column}{value}: {error.message}", err=True)
    if len(planned.errors) > MOST_SHOWN:
        click.echo(f"… and {len(planned.errors) - MOST_SHOWN:,} more", err=True)
    for heading in parsed.ignored:
        click.echo(f"ignored: {heading}")
    for reading in parsed.readings:
        click.echo(f"{reading.column}: “{reading.value}” is read as {reading.number}")
    for noun, count in planned.counts.items():
        click.echo(f"{noun:10} {count.new:>6,} new {count.changed:>6,} changed {count.same:>6,} as they were")
    if planned.errors:
        click.echo("Nothing was imported.", err=True)
    elif imported:
        click.echo("Imported. Next: print the cards.")
    elif planned.changes_anything:
        click.echo("This is what would change; nothing was.")
    else:
        click.echo("The shop holds all of this already.")
