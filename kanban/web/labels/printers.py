"""Printers: set up by an administrator, with the page that says by how much one misses."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any

from flask import abort, make_response, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, prints
from kanban.labels import setting, stocks, wire
from kanban.languages import gettext as _
from kanban.prints import Printer, PrinterFacts
from kanban.prints import printers as verbs
from kanban.reports import printing
from kanban.text import BadText, clean
from kanban.web import forms, respond, security
from kanban.web.labels.blueprint import ASSETS, bp
from kanban.web.reading import session

MILLION = 1_000_000
LINE, ACROSS, DOWN = 20.0, 150.0, 200.0
"""Where the lines of the calibration page stand, and how long its bars are, in mm."""
PAPERS = {"a4": (210, 297), "letter": (215.9, 279.4)}
FIELDS = ("name", "host", "port", "dpi")


@bp.get("/printers")
@security.access("operator")
def printers() -> str:
    """The printers in use."""
    return render_template(
        "labels/printers.html",
        printers=prints.printers_in_use(session()),
        may_change=security.who().may("admin"),
    )


@bp.get("/printers/new")
@security.access("admin")
def new_printer() -> str:
    """An empty form."""
    return _form(None, {"port": str(wire.RAW_PORT), "dpi": "203"}, {})


@bp.post("/printers")
@security.access("admin")
def add_printer() -> AnyResponse:
    """A printer. Labels go over the network to those that stand here, and nowhere else."""
    typed = _typed()

    def verb(session: Session, deed: journal.Deed) -> str:
        with forms.taken(prints.PrinterTaken, "name"), forms.taken(prints.BadPrinter, "host"):
            return f"/printers/{verbs.add(session, deed, facts).id}"

    try:
        facts = _facts(typed)
        return respond.seen(respond.change(verb), _("Saved. Print its calibration page next."))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _form(None, typed, errors))


@bp.get("/printers/<int:printer_id>")
@security.access("admin")
def printer(printer_id: int) -> str:
    """One printer: its form, and how it misses."""
    found = _get(printer_id)
    return _form(found, _values(found), {})


@bp.post("/printers/<int:printer_id>")
@security.access("admin")
def change_printer(printer_id: int) -> AnyResponse:
    """Other facts for a printer."""
    typed = _typed()
    found = _get(printer_id)

    def verb(session: Session, deed: journal.Deed) -> str:
        with forms.taken(prints.PrinterTaken, "name"), forms.taken(prints.BadPrinter, "host"):
            verbs.change(session, deed, session.get_one(Printer, printer_id), facts)
        return f"/printers/{printer_id}"

    try:
        facts = _facts(typed)
        return respond.seen(respond.change(verb), _("Saved."))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _form(found, typed, errors))


@bp.post("/printers/<int:printer_id>/retirement")
@security.access("admin")
def retire_printer(printer_id: int) -> AnyResponse:
    """The printer is gone."""

    def verb(session: Session, deed: journal.Deed) -> str:
        verbs.retire(session, deed, session.get_one(Printer, printer_id))
        return "/printers"

    return respond.seen(respond.change(verb), _("The printer is off the list."))


@bp.get("/printers/<int:printer_id>/calibration-<any('a4', 'letter'):paper>.pdf")
@security.access("operator")
def calibration_page(printer_id: int, paper: str) -> AnyResponse:
    """The page to print, and to measure with a ruler."""
    found = _get(printer_id)
    data = {
        "paper": PAPERS[paper],
        "title": _("Calibration of %(printer)s", printer=found.name),
        "shift": asdict(printing.shift_of(found)),
        "words": {
            "how": _(
                "Print at 100 % on plain paper, as you print labels. Then measure with a ruler."
            ),
            "left": _("From the left edge of the paper to the long upright line: it should be 20 mm."),
            "top": _("From the top edge of the paper to the long level line: it should be 20 mm."),
            "across": _("Only if labels drift from column to column: this bar should be 150 mm long."),
            "down": _(
                "Only if labels drift from row to row: the upright bar at the left should be 200 mm long."
            ),
            "then": _(
                "Enter what you measured on the printer’s page, and print this page again to see."
            ),
        },
    }  # fmt: skip
    pdf = setting.typeset(
        ASSETS / "press" / "calibration.typ",
        root=ASSETS,
        fonts=ASSETS / "fonts",
        inputs={"data": json.dumps(data)},
    )
    answer = make_response(pdf)
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = 'inline; filename="calibration.pdf"'
    return answer


@bp.post("/printers/<int:printer_id>/calibration")
@security.access("admin")
def calibrate(printer_id: int) -> AnyResponse:
    """What was measured: two numbers, and two more for a page that is scaled."""
    found = _get(printer_id)
    typed = {name: request.form.get(name, "").strip() for name in ("left", "top", "across", "down")}

    def verb(session: Session, deed: journal.Deed) -> str:
        with forms.taken(prints.BadPrinter, "left"):
            mine = session.get_one(Printer, printer_id)
            verbs.calibrate(session, deed, mine, offset=offset, scale=scale)
        return f"/printers/{printer_id}"

    try:
        offset, scale = _correction(found, typed)
        return respond.seen(respond.change(verb), _("Noted. Print the page again to see that it is right."))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _form(found, _values(found) | typed, errors))


def _correction(found: Printer, typed: dict[str, str]) -> tuple[tuple[int, int], tuple[int, int]]:
    """The new correction: what was measured was printed with the one in force, so both add up."""
    left, top = _measured(typed, "left", LINE), _measured(typed, "top", LINE)
    across, down = _measured(typed, "across", ACROSS), _measured(typed, "down", DOWN)
    if max(abs(across / ACROSS - 1), abs(down / DOWN - 1)) > 0.05:
        said = _("That is more than 5 % off: the page was scaled when it was printed. Print at 100 %.")
        raise forms.BadFields({"across": said})
    offset_x, scale_x = _corrected(found.offset_x, found.scale_x, left, across / ACROSS)
    offset_y, scale_y = _corrected(found.offset_y, found.scale_y, top, down / DOWN)
    return (offset_x, offset_y), (scale_x, scale_y)


def _corrected(offset: int, scale: int, line: float, stretched: float) -> tuple[int, int]:
    """Offset (µm) and scale (millionths) that bring the line to its place and the bar to its length.

    The printer puts a point p of the page at a + s·p, and the page put it at offset + scale·p before.
    Measured were the line, and the bar, ``stretched`` times too long: s = stretched / scale; a follows.
    """
    k = scale / MILLION
    return round(offset + 1000 * (k * LINE - line * k / stretched)), round(scale / stretched)


def _measured(typed: dict[str, str], field: str, wanted: float) -> float:
    text = typed[field]
    if not text and field in ("across", "down"):
        return wanted
    if not re.fullmatch(r"[0-9]{1,3}([.,][0-9]{1,2})?", text) or float(text.replace(",", ".")) == 0:
        raise forms.BadFields({field: _("Enter what you measured, in millimetres, such as 20.4.")})
    return float(text.replace(",", "."))


def _typed() -> dict[str, str]:
    typed = {name: request.form.get(name, "").strip()[:200] for name in FIELDS}
    return typed | {"own_symbol": request.form.get("own_symbol", "")}


def _facts(typed: dict[str, str]) -> PrinterFacts:
    """The printer that the form describes. Raises :class:`forms.BadFields`."""
    try:
        name = clean(typed["name"], limit=200)
    except BadText as wrong:
        raise forms.BadFields({"name": _("The name %(wrong)s.", wrong=wrong)}) from wrong
    if not name:
        raise forms.BadFields({"name": _("The name is empty.")})
    host = typed["host"]
    if not host:
        return PrinterFacts(name)
    if not re.fullmatch("[0-9]{1,5}", typed["port"]):
        raise forms.BadFields({"port": _("A port is a number; label printers listen on 9100.")})
    if not re.fullmatch("[0-9]{3}", typed["dpi"]) or int(typed["dpi"]) not in stocks.DPI:
        known = ", ".join(map(str, stocks.DPI))
        raise forms.BadFields({"dpi": _("The dots an inch are one of %(known)s.", known=known)})
    return PrinterFacts(name, host, int(typed["port"]), int(typed["dpi"]), bool(typed["own_symbol"]))


def _values(found: Printer) -> dict[str, str]:
    return {
        "name": found.name,
        "host": found.host,
        "port": str(found.port or wire.RAW_PORT),
        "dpi": str(found.dpi or 203),
        "own_symbol": "yes" if found.own_symbol else "",
    }


def _form(found: Printer | None, values: dict[str, str], errors: dict[str, str]) -> str:
    dpi: list[tuple[str, Any]] = [(str(each), f"{each} dpi") for each in stocks.DPI]
    return render_template(
        "labels/printer.html",
        printer=found,
        post=f"/printers/{found.id}" if found else "/printers",
        values=values,
        errors=errors,
        dpi=dpi,
    )


def _get(printer_id: int) -> Printer:
    found = session().get(Printer, printer_id)
    if found is None or found.retired_at is not None:
        abort(404)
    return found
