"""The blueprint of the supplier's page; no search engine, cache or other site learns of its addresses."""

from __future__ import annotations

from flask import Blueprint, Response

bp = Blueprint("answer", __name__)


@bp.after_request
def _keep_quiet(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
