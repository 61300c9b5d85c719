"""Parts of a large job, set in a process of their own.

Symbols and typesetting cost CPU, and a thread would share one core with the server. The process takes
one part after another, computes its symbols and cleans its texts, and sets it in a child that ends with it:
what typst remembers of a part would never be asked for again, and the memory goes back.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import IO

from kanban.labels import setting, sheets, symbols
from kanban.labels.errors import LabelError
from kanban.labels.sheets import Plan
from kanban.labels.values import Label
from kanban.languages import gettext as _

ENVIRONMENT = {
    "RAYON_NUM_THREADS": "1",  # each press has one core
    "MALLOC_ARENA_MAX": "1",  # a part takes much memory once: large pieces of it cost a seventh less time
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.top_pad=67108864",
}

LAST_WORDS = 2.0  # seconds


@dataclass(frozen=True)
class Part:
    """Some labels of a job, on whole sheets, with the matrices that are known of them."""

    labels: Sequence[Label]
    how: Plan
    known: Mapping[str, str]


@dataclass(frozen=True)
class Made:
    """A part as PDF, with the matrices that were not known."""

    count: int
    pdf: bytes
    new: Mapping[str, str]


class Press:
    """The process, from the side of the job."""

    def __enter__(self) -> Press:
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from kanban.labels import press; press.serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | ENVIRONMENT,
            process_group=0,  # so that it can be ended with the child that sets a part
        )
        return self

    def made(self, part: Part) -> Made:
        """The part, made by the process. Raises a LabelError that says why it could not be."""
        told, answers = self._process.stdin, self._process.stdout
        assert told is not None
        assert answers is not None
        try:
            pickle.dump(part, told)
            told.flush()
            answer: Made = pickle.load(answers)  # noqa: S301 - from our own process
        except (OSError, EOFError, pickle.UnpicklingError) as broken:
            raise LabelError(_("a part of the job could not be set: %(why)s", why=self._said())) from broken
        return answer

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if kind is not None:
            self._end()
        self._process.communicate()

    def _end(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _said(self) -> str:
        with suppress(subprocess.TimeoutExpired):  # it may still be saying why
            self._process.wait(LAST_WORDS)
        self._end()
        assert self._process.stderr is not None
        lines = self._process.stderr.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "?"


def serve() -> None:
    """The process: sets each part that comes; one that breaks ends it, and says why on its error output.

    It asks typst nothing itself: typst's threads would not follow into the children, and hold them up.
    """
    gc.disable()  # nothing here refers to itself
    with open(0, "rb") as parts, open(1, "wb") as answers:
        while parts.peek(1):
            part: Part = pickle.load(parts)  # noqa: S301 - from our own job
            kept = symbols.Kept(known=dict(part.known))
            told = sheets.inputs(part.labels, replace(part.how, kept=kept))
            setting.installed(part.how.assets / "fonts")  # once, not in each child
            child = os.fork()
            if child == 0:
                os._exit(_answer(part, told, kept.new, answers))
            if os.waitpid(child, 0)[1]:
                sys.exit(1)


def _answer(part: Part, told: dict[str, str], new: Mapping[str, str], answers: IO[bytes]) -> int:
    try:
        pickle.dump(Made(len(part.labels), sheets.set_pages(told, part.how), new), answers)
        answers.flush()
    except BaseException:  # a child that was forked must end here, whatever happened to its part
        traceback.print_exc()
        return 1
    return 0
