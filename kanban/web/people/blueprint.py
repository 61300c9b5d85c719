"""The blueprint that all screens about people share: ``url_for("people.sign_out")``."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("people", __name__)
