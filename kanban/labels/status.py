"""What a Zebra says of itself, asked with ``~HS`` and ``~HQES`` on the connection that takes its labels.

Source: Zebra, ZPL II Programming Guide (docs.zebra.com, ZPL commands). *~HS, Host Status Return*: three
strings between STX and ETX, ``aaa,b,c,dddd,eee,f,g,h,iii,j,k,l``, ``mmm,n,o,p,q,r,s,t,uuuuuuuu,v,www`` and
``xxxx,y``. *~HQ, Host Query* with ES: flags of errors. The guide says too that ``~HS`` may stay unanswered
just when labels or ribbon are out or the head is open or hot, so both are asked at once. Anything else is
no answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

QUESTION = b"~HS~HQES"
LONGEST = 1_024
"""Bytes of an answer at most; both together have about 170."""

Halt = Literal["", "head", "paper", "ribbon", "hot", "paused", "fault"]


@dataclass(frozen=True, slots=True)
class Status:
    """Why a printer stands still, or nothing; and what it has not printed yet.

    ``formats`` have arrived and wait; ``remaining`` labels are those of the one at work. Some printers have
    a mere 1 there while they print, some a length when they rest.
    """

    halt: Halt
    formats: int = 0
    remaining: int = 0

    def waiting(self, sent: int) -> int:
        """How many labels are still to come out, of a job of so many: more than were sent is no count."""
        return self.formats + (self.remaining if self.remaining <= sent else 0)


_HOST_STATUS = re.compile(
    rb"\x02\d{3},(?P<paper>[01]),(?P<paused>[01]),\d{4,5},(?P<formats>\d{3}),[01],[01],(?P<partial>[01]),\d{3},"
    rb"[01],[01],(?P<hot>[01])\x03\r\n"
    rb"\x02\d{3},\d,(?P<head>[01]),(?P<ribbon>[01]),[01],[0-9A-Z],\d,[01],(?P<remaining>\d{8}),\d,\d{3}\x03\r\n"
    rb"\x02\d{4},[01]\x03\r\n"
)
_ERRORS = re.compile(
    rb"\x02\s*PRINTER STATUS\s+ERRORS:\s+1 [0-9A-Fa-f]{8} (?P<flags>[0-9A-Fa-f]{8})\s+"
    rb"WARNINGS:\s+[01] [0-9A-Fa-f]{8} [0-9A-Fa-f]{8}\s*\x03"
)
_HALTS: tuple[Halt, ...] = ("head", "paper", "ribbon", "hot", "paused")
"""What is said first where several are true: an open head has no paper either, and both pause."""
_FLAGS: tuple[tuple[int, Halt], ...] = ((0x4, "head"), (0x1, "paper"), (0x2, "ribbon"), (0x10, "hot"))


def read(answer: bytes) -> Status | None:
    """What the printer said, or none where it has not said it, not yet, or not in full."""
    if told := _HOST_STATUS.search(answer):
        halts = (halt for halt in _HALTS if told[halt] == b"1")
        formats = int(told["formats"]) + int(told["partial"])
        return Status(next(halts, ""), formats, int(told["remaining"]))
    if errors := _ERRORS.search(answer):
        flags = int(errors["flags"], 16)
        return Status(next((halt for flag, halt in _FLAGS if flags & flag), "fault"))
    return None
