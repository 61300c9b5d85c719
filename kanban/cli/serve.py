"""``kanban serve``: the one command that runs the product; and ``kanban demo``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import click

from kanban import clock, config, people, schema
from kanban.certificates import BadCertificate, Files
from kanban.cli import tls
from kanban.cli.running import settings
from kanban.config import Settings
from kanban.db import Database
from kanban.keeping import folder

RENEWAL_OVERLAP = 8.0
"""Seconds that the worker with the old certificate still answers while the one with the new one starts."""
OPTIONS = {
    "data": "KANBAN_DATA",
    "host": "KANBAN_HOST",
    "port": "KANBAN_PORT",
    "tls": "KANBAN_TLS",
    "cert": "KANBAN_TLS_CERT",
    "key": "KANBAN_TLS_KEY",
}
"""What each option of `kanban serve` says the same as."""


def install(group: click.Group) -> None:
    """Put the commands into the group."""
    group.add_command(serve)
    group.add_command(demo)


@click.command()
@click.option("--demo", "with_demo", is_flag=True, help="Fill an empty shop with a demo machine shop first.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="The folder that holds the shop's data; made where it is missing.",
)
@click.option("--host", help="The address to listen on. Default: $KANBAN_HOST, else all.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port. Default: $KANBAN_PORT, else 8000.")
@click.option("--tls", type=click.Choice(config.TLS), help="`local`: a certificate of the shop's own.")
@click.option("--cert", type=click.Path(path_type=Path), metavar="FILE", help="A certificate of yours (PEM).")
@click.option("--key", type=click.Path(path_type=Path), metavar="FILE", help="Its key (PEM).")
@click.pass_context
def serve(ctx: click.Context, /, with_demo: bool, **options: Path | str | int | None) -> None:
    """Run the shop's server.

    Makes the data folder and its tables at the first start, prints the address and a QR code for a
    phone on the same network, and at the very first start the link that makes the administrator.
    """
    for name, value in options.items():
        if value:
            os.environ[OPTIONS[name]] = str(value)
    chosen = settings(ctx)
    chosen.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        config.secret_key(chosen.data)
        with folder.own(chosen.data, holds_database=chosen.is_sqlite):
            serving = tls.files(chosen)
            tls.refuse_taken_port(chosen)
            _prepare(chosen, with_demo)
            _run(chosen, serving)
    except (BadCertificate, config.BadSetting, folder.FolderRefused, schema.WrongSchema) as wrong:
        raise click.ClickException(str(wrong)) from wrong


@click.command()
@click.pass_context
def demo(ctx: click.Context) -> None:
    """Fill an empty shop with a demo machine shop: items, suppliers, cards and half a year of history."""
    chosen = settings(ctx)
    chosen.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    _make_tables(chosen)
    _load_demo(chosen)


def _prepare(chosen: Settings, with_demo: bool) -> None:
    _make_tables(chosen)
    if with_demo:
        _load_demo(chosen, unless_filled=True)
    database = Database(chosen.database_url, chosen.data)
    try:
        token = database.write(lambda session: people.open_set_up(session, clock.now()))
    finally:
        database.close()
    _greet(chosen, token)


def _make_tables(chosen: Settings) -> None:
    """An empty database gets its tables; one of another version is left to `kanban upgrade`."""
    if schema.found(chosen.database_url) is None:
        schema.upgrade(chosen.database_url)
    try:
        schema.check(chosen.database_url)
    except schema.WrongSchema as wrong:
        raise click.ClickException(str(wrong)) from wrong


def _load_demo(chosen: Settings, *, unless_filled: bool = False) -> None:
    from kanban import demo as demo_shop

    database = Database(chosen.database_url, chosen.data)
    click.echo("Filling the demo shop: half a year of history, a moment …", err=True)
    try:
        shop = demo_shop.load(database, clock.now(), chosen.zone)
    except demo_shop.NotEmpty as filled:
        if not unless_filled:
            raise click.ClickException(str(filled)) from filled
        click.echo("This shop has data already: the demo is not added.", err=True)
    else:
        click.echo(str(shop), err=True)
    finally:
        database.close()


def _greet(chosen: Settings, token: str | None) -> None:
    from kanban.labels import rasters

    address = f"{chosen.base_url}/set-up/{token}" if token else chosen.base_url
    if sys.stdout.isatty() or token:
        rasters.on_terminal(address, sys.stdout)
    here = f"{'http' if chosen.tls == 'off' else 'https'}://localhost:{chosen.port}"
    click.echo(f"\n  The shop:   {chosen.base_url}   (here: {here})")
    if token:
        click.echo(
            "  First of all, make yourself the administrator (this link works once, for 24 hours):\n\n"
            f"  {address}\n"
        )
    if chosen.tls == "local" and chosen.install_port:
        host = urlsplit(chosen.base_url).hostname
        click.echo(f"  Phones:     http://{host}:{chosen.install_port}/install   (once each, to trust it)")
    click.echo(f"  Its data:   {chosen.data}\n  Stop with Ctrl-C; nothing is lost.\n")
    if "KANBAN_BASE_URL" not in os.environ:
        click.echo(
            "  Before you print cards that shall last, set KANBAN_BASE_URL to the name they shall carry.\n"
        )
    sys.stdout.flush()


def _run(chosen: Settings, serving: Files | None) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    if serving is not None:
        tls.watch(chosen, serving)
    Granian(
        "kanban.worker:make",
        factory=True,
        address=chosen.host,
        port=chosen.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=chosen.threads,
        backlog=2048,
        websockets=False,
        log_level=LogLevels.error,
        workers_kill_timeout=8,
        respawn_failed_workers=True,
        respawn_interval=RENEWAL_OVERLAP if serving else 3.5,
        ssl_cert=serving.certificate if serving else None,
        ssl_key=serving.key if serving else None,
    ).serve()
