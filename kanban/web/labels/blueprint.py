"""What the printing screens share: their blueprint, where faces and stocks lie, what a form says of paper."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, render_template, request

from kanban import config, labels, languages, prints
from kanban.labels import Face, Place, Plan, Stock, faces, stocks, symbols, words
from kanban.languages import gettext as _
from kanban.prints import Batch, Printer
from kanban.reports import printing
from kanban.text import as_sentence
from kanban.web import forms, listing, security
from kanban.web.reading import session
from kanban.web.running import running

bp = Blueprint("labels", __name__)

ASSETS = config.assets("labels")
USUAL_FACE = "card"


@dataclass(frozen=True)
class Asked:
    """What a form says of the paper; texts as they were typed."""

    face: str
    stock: str
    start: str = ""
    printer: str = ""
    languages: str = ""
    length: str = ""


def stock_folder() -> Path:
    """Where the person who runs the program puts stock files of their own."""
    return running().settings.data / "stocks"


def all_stocks() -> dict[str, Stock]:
    """Every stock there is; of the files in the data folder those that are right."""
    return printing.all_stocks(session(), ASSETS, stock_folder())


def remembered() -> Batch | None:
    """The last print of whoever asks."""
    asking = security.who()
    return prints.last_of(session(), asking.person_id, asking.device_id)


def face_named(name: str) -> Face:
    """The design, or the one of the last print, or the card."""
    last = remembered() if not name else None
    known = faces.every(ASSETS)
    chosen = name or (last.face if last and last.face in known else USUAL_FACE)
    return faces.known(ASSETS, chosen)


def card_faces() -> list[Face]:
    """The designs that show a card, the large ones first."""
    found = [face for face in faces.every(ASSETS).values() if face.of == faces.CARDS]
    return sorted(found, key=lambda face: (-face.least[0] * face.least[1], face.name))


def papers(face: Face) -> list[tuple[Stock, Place]]:
    """The stocks that the face fits on, with where its symbol stands."""
    count = symbols.modules(running().settings.base_url, small=face.micro)
    return faces.papers(ASSETS, face, all_stocks(), count)


def offered(face: Face) -> tuple[list[tuple[Stock, Place]], bool]:
    """The papers that the address looks for; all of them, and True, where the face fits on none of these."""
    fitting = papers(face)
    wanted = listing.one("paper")[: listing.LONGEST_SEARCH]
    called = {stock.name for stock in stocks.sought(all_stocks().values(), wanted)}
    found = [(stock, place) for stock, place in fitting if stock.name in called]
    return (found, False) if found else (fitting, bool(fitting))


def paper_choice(face: Face) -> str:
    """The fragment that a search among the papers is answered with."""
    found, missed = offered(face)
    return render_template(
        "labels/_stocks.html",
        papers=by_form(found),
        missed=missed,
        values={"stock": listing.one("stock")},
        errors={},
    )


def by_form(fitting: list[tuple[Stock, Place]]) -> list[tuple[str, list[Any]]]:
    """Stocks with their places under the family that a person looks for."""
    found: dict[str, list[Any]] = {}
    for stock, place in fitting:
        found.setdefault(stock.form, []).append((stock, place))
    order = {_("To cut"): 0, _("Sheets"): 1, _("Rolls"): 2}
    return sorted(found.items(), key=lambda each: order.get(each[0], 3))


def asked() -> Asked:
    """What the request's form says of the paper."""
    names = ("face", "stock", "start", "printer", "languages", "length")
    return Asked(**{name: request.form.get(name, "").strip()[:60] for name in names})


def planned(what: Asked) -> tuple[Plan, Printer | None]:
    """The plan that a form asks for. Raises :class:`forms.BadFields` with what cannot be."""
    printer = _printer(what.printer)
    try:
        stock = stocks.known(all_stocks(), what.stock)
        stock = _fitted(stock, what, printer)
        plan = labels.plan(
            ASSETS,
            running().settings.base_url,
            what.face or USUAL_FACE,
            stock,
            1 if stock.is_roll else _start(what.start),
            languages=words.chosen(what.languages),
            shift=printing.shift_of(printer),
        )
    except labels.LabelError as refused:
        raise forms.BadFields({_field(refused): as_sentence(refused)}) from refused
    return plan, printer


def language_options() -> list[tuple[str, str]]:
    """What can be printed: each language, and each pair of them side by side."""
    spoken = languages.SPOKEN
    ours = languages.spoken()
    single = [(key, name) for key, name in spoken.items()]
    pairs = [
        (f"{one} {other}", f"{spoken[one]} · {spoken[other]}")
        for one in spoken
        for other in spoken
        if one != other
    ]
    return sorted(single, key=lambda each: each[0] != ours) + pairs


def batch_of(batch_id: int) -> Batch:
    """The batch of this number; 404 where there is none."""
    found = session().get(Batch, batch_id)
    if found is None:
        abort(404)
    return found


def printer_options() -> list[tuple[str, str]]:
    """The printers in use; first the plain PDF."""
    found = prints.printers_in_use(session())
    return [("", _("Any printer, by PDF")), *((str(each.id), each.name) for each in found)]


def next_start(stock: Stock, last: Batch | None) -> int:
    """The first free label of the sheet that the last print began or left."""
    if stock.is_roll or last is None or last.stock != stock.name or stock.per_sheet == 1:
        return 1
    return (last.start - 1 + last.count) % stock.per_sheet + 1


def _fitted(stock: Stock, what: Asked, printer: Printer | None) -> Stock:
    """The stock with the length that was asked for, in the dots of the printer that was chosen."""
    if what.length and stock.continuous:
        if not re.fullmatch(r"[0-9]{1,4}([.,][0-9]{1,2})?", what.length):
            raise forms.BadFields({"length": _("The length is a number of millimetres.")})
        stock = stocks.lengthened(stock, float(what.length.replace(",", ".")))
    if printer and printer.is_network and not stock.is_roll:
        said = _("%(printer)s prints on rolls: choose a roll.", printer=printer.name)
        raise forms.BadFields({"stock": said})
    if printer and printer.dpi and stock.is_roll:
        stock = replace(stock, dpi=printer.dpi)
    return stock


def _printer(text: str) -> Printer | None:
    if not text:
        return None
    found = session().get(Printer, int(text)) if re.fullmatch("[0-9]{1,15}", text) else None
    if found is None or found.retired_at is not None:
        raise forms.BadFields({"printer": _("That printer is not there any more: choose another one.")})
    return found


def _start(text: str) -> int:
    if not re.fullmatch("[0-9]{1,4}", text or "1"):
        raise forms.BadFields({"start": _("The first free label is a whole number, counted from 1.")})
    return int(text or "1")


def _field(refused: labels.LabelError) -> str:
    return "start" if isinstance(refused, labels.StartOffSheet) else "stock"


def options(query: Any) -> list[tuple[int, str]]:
    """Rows (id, name) as choices, the first one all of them."""
    return [(0, _("All")), *((row[0], row[1]) for row in session().execute(query))]
