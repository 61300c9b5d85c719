"""The blueprint that the loops’ screens share."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("loops", __name__)
