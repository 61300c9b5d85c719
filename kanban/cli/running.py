"""What every command starts from: the settings, and the database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from kanban import config, schema
from kanban.config import Settings
from kanban.db import Database


def settings(ctx: click.Context) -> Settings:
    """The settings of this call: the environment, with the group's ``--data`` on top of it."""
    data = ctx.find_root().params.get("data")
    if data:
        os.environ["KANBAN_DATA"] = str(data)
    try:
        return config.load(os.environ)
    except config.BadSetting as wrong:
        raise click.ClickException(str(wrong)) from wrong


@contextmanager
def database(ctx: click.Context) -> Iterator[Database]:
    """The shop's database, for a command that works on an existing one."""
    chosen = settings(ctx)
    if chosen.is_sqlite and not (chosen.data / "kanban.sqlite").exists():
        raise click.ClickException(
            f"there is no shop in {chosen.data}: `kanban serve` makes one, or name another folder with --data"
        )
    try:
        schema.check(chosen.database_url)
    except schema.WrongSchema as wrong:
        raise click.ClickException(str(wrong)) from wrong
    opened = Database(chosen.database_url, chosen.data)
    try:
        yield opened
    finally:
        opened.close()
