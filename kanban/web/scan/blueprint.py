"""The blueprint that a card's screens share."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("scan", __name__)
