"""From the request's fields to a checked form, and back to the person where something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from flask import jsonify, make_response, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from kanban import languages
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.text import as_sentence
from kanban.web import respond
from kanban.web.forms.fields import BadFields, sentence
from kanban.web.forms.nouns import Form, PriceBreakForm

F = TypeVar("F", bound=Form)
M = TypeVar("M", bound=BaseModel)

LONGEST_SHOWN = 40  # characters of a field's name in a refusal


def sent(form: type[F], typed: Mapping[str, Any]) -> F:
    """The request's fields (see :func:`typed_fields`), checked by ``form``.

    Raises :class:`BadFields` with every bad one, and 400 for a field that the form does not have.
    """
    try:
        return form.model_validate(dict(typed))
    except ValidationError as refusal:
        raise BadFields(_sentences(form, refusal)) from refusal


def checked(model: type[M], fields: Mapping[str, Any]) -> M:
    """What a script of ours or a program sent, checked by ``model``; 400 that names every wrong field."""
    try:
        return model.model_validate(dict(fields))
    except ValidationError as refusal:
        wrong = refusal.errors(include_url=False, include_input=False)
        told = [f"{_path(error['loc'])} {_message(error)}" for error in wrong]
        raise BadRequest("; ".join(told)) from refusal


def typed_fields(*lists: str) -> dict[str, Any]:
    """The fields as they were sent: a JSON object or a form, in which only ``lists`` may come repeatedly."""
    if request.is_json:
        return dict(respond.body())
    fields: dict[str, Any] = {}
    for name, values in request.form.lists():
        if name in lists:
            fields[name] = values
        elif len(values) > 1:
            raise BadRequest(_("The field “%(name)s” came twice.", name=name[:LONGEST_SHOWN]))
        elif name != "key":
            fields[name] = values[0]
    return fields


def refused(bad: BadFields, page: Callable[[dict[str, str]], str]) -> Response:
    """The answer to fields that we cannot take: the sentences for a program, for a person the form again.

    ``page`` makes the form from the sentences by field.
    """
    if respond.wants_json():
        answer: Response = jsonify({"error": _("Not saved"), "detail": bad.description, "fields": bad.errors})
    else:
        answer = make_response(page(bad.errors))
    answer.status_code = bad.code or 422
    return answer


@contextmanager
def taken(kind: type[Exception], field: str, saying: str = "") -> Iterator[None]:
    """Say at ``field`` what the domain's refusal ``kind`` says of it, or ``saying``: 409."""
    try:
        yield
    except kind as refusal:
        raise BadFields({field: saying or as_sentence(refusal)}, 409) from refusal


def _sentences(form: type[Form], refusal: ValidationError) -> dict[str, str]:
    found: dict[str, str] = {}
    for error in refusal.errors(include_url=False, include_input=False):
        where = error["loc"]
        if error["type"] == "extra_forbidden":
            raise BadRequest(_("There is no field “%(where)s” here.", where=str(where[-1])[:LONGEST_SHOWN]))
        found.setdefault(_field_name(where), sentence(_title(form, where), _message(error)))
    return found


def _field_name(where: tuple[int | str, ...]) -> str:
    """The field that an error belongs to; rows of a list are counted from 1: ``unit_price_2``."""
    if len(where) == 3:
        return f"{where[2]}_{int(where[1]) + 1}"
    return str(where[0])


def _path(where: tuple[int | str, ...]) -> str:
    return ".".join(map(str, where))[:LONGEST_SHOWN]


def _title(form: type[Form], where: tuple[int | str, ...]) -> str:
    if len(where) == 3:
        title = PriceBreakForm.model_fields[str(where[2])].title
        return _("%(title)s in row %(number)s", title=_(str(title)), number=int(where[1]) + 1)
    return _(str(form.model_fields[str(where[0])].title))


def _message(error: Any) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    words = _MESSAGES.get(error["type"], mark("cannot be taken"))
    return _(words, **languages.alternatives(error.get("ctx", {})))


_MESSAGES = {
    "missing": mark("is empty"),
    "extra_forbidden": mark("is no field of this"),
    "string_type": mark("is not a text"),
    "greater_than": mark("must be more than %(gt)s"),
    "greater_than_equal": mark("must be at least %(ge)s"),
    "less_than_equal": mark("must be at most %(le)s"),
    "decimal_max_places": mark("has more than %(decimal_places)s decimals"),
    "decimal_whole_digits": mark("is too large"),
    "decimal_parsing": mark("is not a number"),
    "decimal_type": mark("is not a number"),
    "finite_number": mark("is not a number"),
    "int_type": mark("is not a whole number"),
    "literal_error": mark("must be %(expected)s"),
    "too_long": mark("has more than %(max_length)s rows"),
}
