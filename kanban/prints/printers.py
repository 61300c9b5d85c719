"""Printers and stocks of our own: set up, corrected, taken away."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kanban import journal
from kanban.items import fold
from kanban.languages import gettext as _
from kanban.prints.tables import MICRO, OwnStock, Printer

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.\-]{0,250}[A-Za-z0-9])?|\[?[0-9a-fA-F:]+\]?")
LARGEST_OFFSET = 30_000  # µm
LARGEST_SCALE = 50_000  # millionths away from 1


class PrinterTaken(ValueError):
    """Another printer has this name."""


class BadPrinter(ValueError):
    """An address or a correction that no printer can have."""


class StockTaken(ValueError):
    """Another stock has this name."""


@dataclass(frozen=True)
class PrinterFacts:
    """What a form says of a printer; without ``host`` it is one that the computer prints to."""

    name: str
    host: str = ""
    port: int = 0
    dpi: int = 0
    own_symbol: bool = False


def in_use(session: Session) -> list[Printer]:
    """Those in use, by name."""
    query = select(Printer).where(Printer.retired_at.is_(None)).order_by(Printer.name_key)
    return list(session.scalars(query))


def add(session: Session, deed: journal.Deed, facts: PrinterFacts) -> Printer:
    """A printer. Raises :class:`PrinterTaken`, :class:`BadPrinter`."""
    _check(session, facts, None)
    printer = Printer(name_key=fold(facts.name), **vars(facts))
    session.add(printer)
    session.flush()
    journal.append(session, deed, "added", "printer", printer.id, vars(facts))
    return printer


def change(session: Session, deed: journal.Deed, printer: Printer, facts: PrinterFacts) -> bool:
    """Other facts for a printer. Raises :class:`PrinterTaken`, :class:`BadPrinter`."""
    _check(session, facts, printer.id)
    changed = {name: value for name, value in vars(facts).items() if getattr(printer, name) != value}
    if not changed:
        return False
    for name, value in changed.items():
        setattr(printer, name, value)
    printer.name_key = fold(facts.name)
    journal.append(session, deed, "changed", "printer", printer.id, changed)
    return True


def calibrate(
    session: Session, deed: journal.Deed, printer: Printer, *, offset: tuple[int, int], scale: tuple[int, int]
) -> None:
    """How the printer misses: offsets in µm, scales in millionths. Raises :class:`BadPrinter`."""
    if max(map(abs, offset)) > LARGEST_OFFSET:
        raise BadPrinter(_("no printer misses by more than 30 mm: measure again"))
    if max(abs(each - MICRO) for each in scale) > LARGEST_SCALE:
        raise BadPrinter(
            _("a page that is 5 % off was scaled by the program that printed it: print at 100 %")
        )
    printer.offset_x, printer.offset_y = offset
    printer.scale_x, printer.scale_y = scale
    facts = {"offset": list(offset), "scale": list(scale)}
    journal.append(session, deed, "calibrated", "printer", printer.id, facts)


def retire(session: Session, deed: journal.Deed, printer: Printer) -> None:
    """The printer is gone; what it printed keeps its name."""
    printer.retired_at = deed.at
    journal.append(session, deed, "retired", "printer", printer.id)


def own_stocks(session: Session) -> dict[str, Mapping[str, Any]]:
    """The facts of the stocks that were added on the screen, by name."""
    return {each.name: each.values for each in session.scalars(select(OwnStock).order_by(OwnStock.name))}


def add_stock(session: Session, deed: journal.Deed, name: str, facts: Mapping[str, Any]) -> OwnStock:
    """Keep a stock that was checked. Raises :class:`StockTaken`."""
    if session.get(OwnStock, name) is not None:
        raise StockTaken(_("there is a stock %(name)s already", name=name))
    stock = OwnStock(name=name, facts=json.dumps(dict(facts), ensure_ascii=False), added_at=deed.at)
    session.add(stock)
    journal.append(session, deed, "added", "stock", None, {"name": name})
    return stock


def remove_stock(session: Session, deed: journal.Deed, stock: OwnStock) -> None:
    """Take a stock away; what was printed on it can be printed again all the same."""
    session.delete(stock)
    journal.append(session, deed, "removed", "stock", None, {"name": stock.name})


def _check(session: Session, facts: PrinterFacts, own_id: int | None) -> None:
    other = session.scalar(select(Printer).where(Printer.name_key == fold(facts.name)))
    if other is not None and other.id != own_id:
        raise PrinterTaken(_("there is a printer named %(name)s already", name=other.name))
    if facts.host and not _HOST.fullmatch(facts.host):
        raise BadPrinter(_("an address is a host name or a number such as 192.168.1.40"))
    if facts.host and not 1 <= facts.port <= 65_535:
        raise BadPrinter(_("a port is a number from 1 to 65535; label printers listen on 9100"))
