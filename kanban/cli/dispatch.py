"""``kanban dispatch``: sends orders and does chores, beside the server or in its place."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from types import FrameType

import click

from kanban.cli.running import database, settings
from kanban.dispatcher import HANDS, LEASE, Dispatcher


def install(group: click.Group) -> None:
    """Put the command into the group."""
    group.add_command(dispatch)


@click.command()
@click.option("--once", is_flag=True, help="Send what is due now, do the chores that are due, and end.")
@click.option("--hands", type=click.IntRange(1, 64), default=HANDS, show_default=True, help="Tries at once.")
@click.option(
    "--lease",
    type=click.FloatRange(1, 3600),
    default=LEASE.total_seconds(),
    show_default=True,
    help="Seconds after which another dispatcher may take over a try that nobody ended.",
)
@click.pass_context
def dispatch(ctx: click.Context, once: bool, hands: int, lease: float) -> None:
    """Send the orders that wait in the outbox, until stopped.

    Several may run at once, beside `kanban serve` too (which does the same in a thread unless
    KANBAN_DISPATCH=no). Ctrl-C or SIGTERM lets the tries that are under way end.
    """
    chosen = settings(ctx)
    with database(ctx) as opened:
        dispatcher = Dispatcher(opened, chosen, hands=hands, lease=timedelta(seconds=lease))
        if once:
            done = dispatcher.do_chores()
            click.echo(f"{dispatcher.send_all()} sent or tried, {done} chores done.")
            return
        stopped = threading.Event()

        def stop(_signal: int, _frame: FrameType | None) -> None:
            stopped.set()

        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, stop)
        dispatcher.start()
        click.echo("Dispatching; stop with Ctrl-C.")
        stopped.wait()
        dispatcher.stop(within=60)
