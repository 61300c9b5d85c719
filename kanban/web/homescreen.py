"""The app on the home screen: its manifest, and the photos that other apps share with it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, jsonify, redirect
from werkzeug.wrappers import Response as AnyResponse

from kanban import languages, shop
from kanban.languages import gettext as _
from kanban.web import security
from kanban.web.files import asset
from kanban.web.reading import session

bp = Blueprint("homescreen", __name__)

SHORT_NAME = 12
"""Characters that fit under an icon everywhere."""


@bp.get("/manifest.webmanifest")
@security.access(security.ANYONE)
def manifest() -> AnyResponse:
    """What the phone must know to install the app: the shop's name, icons, and the ways in."""
    response = jsonify(_manifest(shop.name(session())))
    response.mimetype = "application/manifest+json"
    return response


@bp.post("/share")
@security.access(security.ANYONE)
def share() -> AnyResponse:
    """A photo that another app shares while no service worker runs, which would hand it to the scanner."""
    flash(_("The photo did not arrive. Choose it here."), "look")
    return redirect("/scan", code=303)


def _manifest(name: str) -> dict[str, Any]:
    return {
        "id": "/",
        "name": name,
        "short_name": name if len(name) <= SHORT_NAME else "Kanban",
        "description": _("Scan the card of an empty bin, and its order is queued"),
        "lang": languages.spoken(),
        "dir": languages.direction(),
        "start_url": "/scan",
        "scope": "/",
        "display": "standalone",
        "background_color": "#14181a",
        "theme_color": "#1b2124",
        "launch_handler": {"client_mode": ["navigate-existing", "auto"]},
        "icons": [
            *(_icon("any", size) for size in (192, 512)),
            *(_icon("maskable", size) for size in (192, 512)),
            {"src": asset("icons/icon.svg"), "sizes": "any", "type": "image/svg+xml"},
        ],
        "shortcuts": [
            _shortcut(_("Scan"), "/scan"),
            _shortcut(_("Receive"), "/scan?mode=receive"),
            _shortcut(_("Board"), "/"),
        ],
        "share_target": {
            "action": "/share",
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {"files": [{"name": "photo", "accept": ["image/*"]}]},
        },
    }


def _icon(purpose: str, size: int) -> dict[str, str]:
    file = f"icons/{'icon' if purpose == 'any' else purpose}-{size}.png"
    return {"src": asset(file), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


def _shortcut(name: str, url: str) -> dict[str, Any]:
    return {"name": name, "url": url, "icons": [_icon("any", 192)]}
