"""The blueprint that the loops’ screens share."""

from __future__ import annotations

from flask import Blueprint

from kanban.web import listing

bp = Blueprint("loops", __name__)
bp.url_value_preprocessor(listing.refuse_huge_ids)
