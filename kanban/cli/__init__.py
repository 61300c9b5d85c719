"""The command line: ``kanban serve`` and everything that an owner does beside it."""

from __future__ import annotations

from pathlib import Path

import click

import kanban.cli.bounces as bounces
import kanban.cli.dispatch as dispatch
import kanban.cli.keeping as keeping
import kanban.cli.paper as paper
import kanban.cli.people as people
import kanban.cli.phones as phones
import kanban.cli.serve as serve
import kanban.cli.sheets as sheets
from kanban import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="The folder that holds the shop's data. Default: $KANBAN_DATA, else your own data folder.",
)
@click.version_option(__version__, prog_name="kanban")
def main(data: Path | None) -> None:
    """Electronic kanban: scan the card of an empty bin, and its order is queued.

    Start with `kanban serve --demo`. All state lies in one folder (--data); settings come from
    the environment (KANBAN_…, see docs/settings.md).
    """


for part in (serve, dispatch, bounces, sheets, paper, people, phones, keeping):
    part.install(main)
