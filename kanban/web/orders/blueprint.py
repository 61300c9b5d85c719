"""The blueprint that the screens of orders share."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("orders", __name__)
