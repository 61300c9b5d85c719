"""What hangs on walls and racks: the poster that explains the scan, and the labels of places."""

from __future__ import annotations

from flask import make_response
from sqlalchemy import select
from werkzeug.exceptions import UnprocessableEntity
from werkzeug.wrappers import Response as AnyResponse

from kanban import labels, shop
from kanban.items import Location, inside_site
from kanban.labels import Label, stocks, words
from kanban.labels.values import parted
from kanban.text import as_sentence
from kanban.web import listing, security
from kanban.web.labels.blueprint import ASSETS, all_stocks, bp
from kanban.web.reading import session
from kanban.web.running import running

MOST_PLACES = 2_000


@bp.get("/labels/poster.pdf")
@security.access("viewer")
def poster() -> AnyResponse:
    """One page for the wall; ``?stock=letter-whole`` for Letter, ``?languages=de`` for another language."""
    base_url = running().settings.base_url
    label = Label(link=f"{base_url}/", shop=shop.name(session()), note=base_url.split("://", 1)[1])
    return paper([label], "poster", listing.one("stock") or "a4-whole", "poster.pdf")


@bp.get("/labels/places.pdf")
@security.access("viewer")
def places() -> AnyResponse:
    """The labels of a place and of those below it; their symbol opens the place's page."""
    location_id = listing.whole("location", 0)
    query = select(Location).order_by(Location.path_key).limit(MOST_PLACES)
    if location_id:
        top = session().get_one(Location, location_id)
        query = query.where(Location.path_key.startswith(top.path_key, autoescape=True))
    base_url = running().settings.base_url
    made = [
        Label(
            link=f"{base_url}/locations/{each.id}",
            location=each.name,
            name=parted(inside_site(each.path))[0],
        )
        for each in session().scalars(query)
    ]
    return paper(made, "place", listing.one("stock") or "avery-l7163", "places.pdf")


def paper(made: list[Label], face: str, stock: str, name: str) -> AnyResponse:
    """Labels as a PDF to look at; 422 with a sentence where they cannot be printed so."""
    try:
        plan = labels.plan(
            ASSETS,
            running().settings.base_url,
            face,
            stocks.known(all_stocks(), stock),
            max(1, listing.whole("start", 1)),
            languages=words.chosen(listing.one("languages")),
        )
        pdf = labels.pdf(made, plan)
    except labels.LabelError as refused:
        raise UnprocessableEntity(as_sentence(refused)) from refused
    answer = make_response(pdf)
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer
