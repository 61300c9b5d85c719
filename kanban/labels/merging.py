"""Joins PDF files that typst made, as they are written, holding one of them in memory at a time.

Typst's PDF 1.4 has every object by itself and a plain table of where each begins. So joining is
counting: the objects of a part are renumbered behind those that are written already, and one tree of
pages is made at the end. Only for our own files; nothing else is parsed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

_REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
_OBJECT = re.compile(rb"(\d+) 0 obj\n")
_PARENT = re.compile(rb"/Parent \d+ 0 R")
CATALOGUE, PAGES = 1, 2


class Joined:
    """A PDF that grows by parts; :meth:`close` writes its table of contents."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._starts: dict[int, int] = {}
        self._kids: list[int] = []
        self._last = PAGES
        self._at = 0
        self._digest = hashlib.sha256()
        self._put(b"%PDF-1.4\n%\x80\x80\x80\x80\n")

    @property
    def pages(self) -> int:
        return len(self._kids)

    def add(self, part: bytes) -> None:
        """Write the pages of a part and all that they need."""
        root, roots_of_pages = _roots(part)
        shift, highest = self._last, 0
        for number, body in _objects(part):
            highest = max(highest, number)
            if number in (root, roots_of_pages):
                continue
            if b"/Type/Page" in body[:4000] and b"/Parent" in body:
                self._kids.append(number + shift)
            self._object(number + shift, _moved(body, shift))
        self._last += highest

    def close(self) -> None:
        """Write the tree of pages, the catalogue and the table; the file is whole then."""
        kids = b" ".join(b"%d 0 R" % each for each in self._kids)
        self._object(PAGES, b"<</Type/Pages/Count %d/Kids[%s]>>\nendobj\n" % (len(self._kids), kids))
        self._object(CATALOGUE, b"<</Type/Catalog/Pages %d 0 R>>\nendobj\n" % PAGES)
        name = self._digest.hexdigest()[:32].encode()
        table = self._at
        self._put(b"xref\n0 %d\n0000000000 65535 f\r\n" % (self._last + 1))
        for number in range(1, self._last + 1):
            start = self._starts.get(number)
            self._put(b"%010d 00000 n\r\n" % start if start else b"0000000000 00000 f\r\n")
        self._put(
            b"trailer\n<</Size %d/Root %d 0 R/ID[<%s><%s>]>>\nstartxref\n%d\n%%%%EOF"
            % (self._last + 1, CATALOGUE, name, name, table)
        )

    def _object(self, number: int, body: bytes) -> None:
        self._starts[number] = self._at
        self._put(b"%d 0 obj\n" % number + body)

    def _put(self, data: bytes) -> None:
        self._out.write(data)
        self._digest.update(data)
        self._at += len(data)


def join(parts: Iterable[bytes], out: BinaryIO) -> int:
    """Write all parts as one file; returns the number of pages."""
    joined = Joined(out)
    for part in parts:
        joined.add(part)
    joined.close()
    return joined.pages


def _roots(part: bytes) -> tuple[int, int]:
    """The numbers of a part's catalogue and of its tree of pages."""
    root = re.search(rb"/Root (\d+) 0 R", part[part.rindex(b"trailer") :])
    assert root is not None, "typst writes a catalogue"
    number = int(root[1])
    catalogue = next(body for each, body in _objects(part) if each == number)
    pages = re.search(rb"/Pages (\d+) 0 R", catalogue)
    assert pages is not None, "the catalogue names the pages"
    return number, int(pages[1])


def _objects(part: bytes) -> Iterator[tuple[int, bytes]]:
    """Each object's number and body, by the table at the end, in the order of the file."""
    table = part[int(part[part.rindex(b"startxref") + 9 :].split()[0]) :]
    starts = sorted(int(entry[1]) for entry in re.finditer(rb"(\d{10}) 00000 n", table))
    ends = [*starts[1:], len(part) - len(table)]
    for start, end in zip(starts, ends, strict=True):
        head = _OBJECT.match(part, start)
        assert head is not None, "the table names every object"
        yield int(head[1]), part[head.end() : end]


def _moved(body: bytes, shift: int) -> bytes:
    """An object with its references moved; what stands in its stream stays as it is."""
    split = body.find(b"stream\n")
    facts, rest = (body, b"") if split < 0 else (body[:split], body[split:])
    moved = _REFERENCE.sub(lambda match: b"%d 0 R" % (int(match[1]) + shift), facts)
    if b"/Type/Page" in moved and b"/Parent" in moved:
        moved = _PARENT.sub(b"/Parent %d 0 R" % PAGES, moved)
    return moved + rest
