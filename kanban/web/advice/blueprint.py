"""The blueprint that the screens of advice share."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("advice", __name__)
