"""The dispatcher sends what the outbox holds and does the chores: a thread of the server, or a process.

Several may run at once on one shop: each takes rows with a lease. Killed at any instruction, it leaves
its rows to the next one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

from kanban import clock, journal, outbox, senders
from kanban.config import Settings
from kanban.db import Database, Trouble
from kanban.dispatcher.bell import Bell, ring_across
from kanban.dispatcher.chores import CHORES, Chore, do_one, next_due
from kanban.dispatcher.hands import serve

__all__ = ["CHORES", "HANDS", "LEASE", "Bell", "Chore", "Dispatcher", "ring_across"]

log = logging.getLogger("kanban.dispatcher")

LEASE = timedelta(seconds=90)
"""How long a try may take; afterwards another dispatcher may take the delivery over."""
HANDS = 4
LONGEST_SLEEP = 30.0  # seconds
AFTER_TROUBLE = 2.0  # seconds
CHANGES_APART = timedelta(seconds=1)


class Dispatcher:
    """Sends and does chores until :meth:`stop`.

    ``hands`` deliveries are under way at once, so that a silent server holds up no other.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        by_channel: Mapping[str, senders.Sender] = senders.BY_CHANNEL,
        chores: tuple[Chore, ...] = CHORES,
        lease: timedelta = LEASE,
        hands: int = HANDS,
    ) -> None:
        self._database, self._settings = database, settings
        self._senders = {name: each for name, each in by_channel.items() if each.ready(settings)}
        self._chores, self._lease, self._hands = chores, lease, hands
        self._bell = Bell(database, settings.data)
        self._stopping = threading.Event()
        self._broke = threading.Event()
        self._busy: set[Future[None]] = set()
        self._chore: Future[None] | None = None
        self._looked_at_changes, self._revision = clock.now(), -1
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Run in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="dispatcher", daemon=True)
        self._thread.start()

    def stop(self, within: float = 8.0) -> bool:
        """Take nothing more, give what is under way so many seconds to end, and say whether it has."""
        self._stopping.set()
        self._bell.ring()
        if self._thread is not None:
            self._thread.join(within)
        return self._thread is None or not self._thread.is_alive()

    def run(self) -> None:
        """Work until stopped; where the database cannot write, or a hand breaks, rest for two seconds.

        Nothing but :meth:`stop` cuts that rest short: what broke on a full disk, say, would break again at
        once, and each hand that breaks rings the bell.
        """
        self._bell.open()
        pool = ThreadPoolExecutor(self._hands + 1, thread_name_prefix="sender")
        try:
            while not self._stopping.is_set():
                try:
                    pause = self._turn(pool)
                except Trouble as trouble:
                    log.warning("the outbox waits: %s", trouble)
                    self._broke.set()
                else:
                    if pause > 0:
                        self._bell.wait(pause)
                if self._broke.is_set():
                    self._broke.clear()
                    self._stopping.wait(AFTER_TROUBLE)
        finally:
            pool.shutdown(wait=True)
            senders.rest()
            self._bell.close()

    def send_all(self) -> int:
        """Send everything that is due now, one after the other, and return how many were tried."""
        tried = 0
        while claims := self._claim(1):
            serve(self._database, self._settings, self._senders, claims[0])
            tried += 1
        senders.rest()
        return tried

    def do_chores(self) -> int:
        """Do every chore that is due now."""
        self._know_chores()
        done = 0
        while do_one(self._database, self._settings, self._chores):
            done += 1
        return done

    def _turn(self, pool: ThreadPoolExecutor) -> float:
        """Hand out what is due to free hands; returns for how long there is nothing to do."""
        self._look_at_chores(pool)
        free = self._hands - len(self._busy)
        claims = self._claim(free) if free else []
        for claim in claims:
            work = pool.submit(serve, self._database, self._settings, self._senders, claim)
            self._busy.add(work)
            work.add_done_callback(self._finished)
        if claims:
            return 0.0
        if not self._busy:
            senders.rest()
        return self._until_next(free)

    def _claim(self, most: int) -> list[outbox.Claim]:
        """Look by a reader first: an empty outbox costs no write."""
        at = clock.now()
        with self._database.read() as session:
            due = outbox.next_due(session, at, list(self._senders))
        if due is None or due > at:
            return []
        return self._database.write(
            lambda session: outbox.claim(session, at, list(self._senders), self._lease, most)
        )

    def _look_at_chores(self, pool: ThreadPoolExecutor) -> None:
        if not self._chores or (self._chore and not self._chore.done()):
            return
        self._know_chores()
        self._hasten_chores()
        due = next_due(self._database, self._chores)
        if due is not None and due <= clock.now():
            self._chore = pool.submit(self._do_chore)
            self._chore.add_done_callback(self._finished)

    def _do_chore(self) -> None:
        do_one(self._database, self._settings, self._chores)

    def _know_chores(self) -> None:
        names = [chore.name for chore in self._chores]
        with self._database.read() as session:
            missing = outbox.chores.unknown(session, names)
        if missing:
            at = clock.now()
            self._database.write(lambda session: outbox.chores.know(session, names, at))

    def _hasten_chores(self) -> None:
        """Let the chores that look at changes run, once a second at most."""
        at = clock.now()
        names = [chore.name for chore in self._chores if chore.on_change]
        if not names or not self._bell.changed.is_set() or at - self._looked_at_changes < CHANGES_APART:
            return
        self._bell.changed.clear()
        self._looked_at_changes = at
        with self._database.read() as session:
            before, self._revision = self._revision, journal.revision(session)
        if before == self._revision:  # our own commits, which told the journal nothing
            return
        self._database.write(lambda session: outbox.chores.hasten(session, names, at))

    def _until_next(self, free: int) -> float:
        """Seconds until something is due; the bell may ring before."""
        at = clock.now()
        with self._database.read() as session:
            due = outbox.next_due(session, at, list(self._senders)) if free else None
        times = [
            due,
            None if self._chore and not self._chore.done() else next_due(self._database, self._chores),
        ]
        if self._bell.changed.is_set() and any(chore.on_change for chore in self._chores):
            times.append(self._looked_at_changes + CHANGES_APART)
        return min([LONGEST_SLEEP, *(_seconds(at, each) for each in times if each is not None)])

    def _finished(self, work: Future[None]) -> None:
        self._busy.discard(work)
        broken = work.exception()
        if broken is not None:
            self._broke.set()
            log.error("a dispatcher's hand broke", exc_info=broken)
        self._bell.ring()


def _seconds(at: datetime, due: datetime) -> float:
    return max(0.001, (due - at).total_seconds())
