"""Batches: what was printed, as it was then, and on which papers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import tzinfo
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from kanban import labels, shop
from kanban.db import Database
from kanban.labels import Label, Plan, Shift, stocks
from kanban.prints import Batch, LabelIssue, Paper, Printer
from kanban.reports.printing.saying import Photos, label

AT_ONCE = 500


def labels_of(database: Database, batch_id: int, zone: tzinfo) -> Iterator[Label]:
    """The labels of a batch, some at a time: while they are set or sent, no transaction is open."""
    for start in count(step=AT_ONCE):
        with database.read() as session:
            some = list(batch_labels(session, session.get_one(Batch, batch_id), zone, start, AT_ONCE))
        yield from some
        if len(some) < AT_ONCE:
            return


def batch_labels(
    session: Session, batch: Batch, zone: tzinfo, start: int = 0, most: int | None = None
) -> Iterator[Label]:
    """The labels of a batch as they were issued, one after the other; at most ``most``, from ``start`` on."""
    day = batch.made_at.astimezone(zone).date()
    query = select(LabelIssue).where(LabelIssue.batch_id == batch.id).order_by(LabelIssue.id)
    query = query.offset(start).limit(most)
    seen, ours = Photos(session), shop.name(session)
    for issue in session.scalars(query.execution_options(yield_per=500)):
        facts = issue.values if batch.kind == "cards" else {"shop": ours}
        yield label(facts, issue.code, issue.version, day, seen.of(issue.photo_id))


def plan_of(batch: Batch, assets: Path) -> Plan:
    """How a batch was printed; the same now as then. Raises a LabelError."""
    return labels.plan(
        assets,
        batch.base_url,
        batch.face,
        stock_of(batch),
        batch.start,
        languages=tuple(batch.languages.split()),
        shift=Shift(**json.loads(batch.shift)),
    )


def stock_of(batch: Batch) -> labels.Stock:
    """The stock of a batch, as it was then."""
    return stocks.made(batch.stock, json.loads(batch.stock_facts))


def paper_of(how: Plan, printer: Printer | None) -> Paper:
    """A plan in the words of the batch's table."""
    stock = stocks.facts(how.stock)
    shift = {name: getattr(how.shift, name) for name in ("x", "y", "scale_x", "scale_y")}
    return Paper(
        face=how.face.name,
        stock=how.stock.name,
        stock_facts=json.dumps(stock, ensure_ascii=False),
        languages=" ".join(how.languages),
        base_url=how.base_url,
        start=how.start,
        printer_id=printer.id if printer else None,
        shift=json.dumps(shift),
    )


def shift_of(printer: Printer | None) -> Shift:
    """What a printer misses by, taken back."""
    if printer is None:
        return Shift()
    million = 1_000_000
    return Shift(
        printer.offset_x / 1000, printer.offset_y / 1000, printer.scale_x / million, printer.scale_y / million
    )


def all_stocks(session: Session, assets: Path, folder: Path) -> dict[str, labels.Stock]:
    """Ours, those in the data folder whose files are right, and those that were added on the screen."""
    from kanban.prints.printers import own_stocks

    added = {name: stocks.made(name, facts) for name, facts in own_stocks(session).items()}
    return stocks.every(assets, folder) | added


def is_provisional(base_url: str) -> bool:
    """Whether an address may soon mean another machine or means this one alone: bare number, loopback."""
    host = urlsplit(base_url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return True
