"""The process that answers requests; it never outlives the one that started it."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import threading
import time
from multiprocessing.util import Finalize

from flask import Flask

from kanban import create_app
from kanban.dispatcher import Dispatcher, ring_across
from kanban.web import Kanban, trust

LONGEST_END = 5.0  # seconds; well before the server's main process loses its patience
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux


def make() -> Flask:
    """The application in a worker of `kanban serve`."""
    _follow_parent(os.getppid())
    app = create_app()
    _dispatch(app.extensions["kanban"])
    settings = app.extensions["kanban"].settings
    if settings.tls == "local" and settings.install_port:
        trust.serve_beside(app, settings.host, settings.install_port)
    gc.collect()
    gc.freeze()  # what the start has made stays: no collection need walk through it again
    return app


def _dispatch(kanban: Kanban) -> None:
    """Send orders from a thread of this process, unless the settings leave it to others."""
    ring_across(kanban.database, kanban.settings.data)
    if kanban.settings.dispatch:
        dispatcher = Dispatcher(kanban.database, kanban.settings)
        dispatcher.start()
        Finalize(None, _end, (dispatcher,), exitpriority=1)


def _end(dispatcher: Dispatcher) -> None:
    """Let the tries that are under way end; one at a silent server is left to the next dispatcher."""
    if not dispatcher.stop(LONGEST_END):
        os._exit(0)


def _follow_parent(parent: int) -> None:
    """End at once when the parent dies, however it dies: its port and its data folder are free again."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
