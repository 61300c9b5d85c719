"""The blueprint that the screens of receiving share."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("receiving", __name__)
