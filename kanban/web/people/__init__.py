"""People: how they come in and go, who there is, what acts by itself, and the shop they work in."""

from __future__ import annotations

from kanban.web.people import account, devices, entrance, pairing, phone, shop, staff
from kanban.web.people.blueprint import bp

__all__ = ["account", "bp", "devices", "entrance", "pairing", "phone", "shop", "staff"]
