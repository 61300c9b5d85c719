"""The blueprint that the screens of what leaves the house share."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("outbox", __name__)
