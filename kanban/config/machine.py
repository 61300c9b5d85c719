"""What the machine tells of itself, and where the product's own files lie."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def default_data_folder() -> Path:
    """Where state lies if nobody says otherwise: the user's own data folder."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "kanban"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "kanban"


def assets(folder: str) -> Path:
    """Where ``static``, ``templates`` or ``labels`` lies: in the wheel, or beside the package."""
    here = Path(__file__).parent.parent
    packed = here / "_assets" / folder
    return packed if packed.is_dir() else here.parent / folder


def lan_address() -> str:
    """This machine's address on its network, as phones there can call it; loopback without a network.

    No packet is sent: a datagram socket only looks up the route.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            address: str = probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"
        return address


def local_zone() -> ZoneInfo:
    """The machine's own time zone; UTC where it names none."""
    try:
        target = str(Path("/etc/localtime").resolve())
        return ZoneInfo(target.split("zoneinfo/", 1)[1])
    except (IndexError, OSError, ValueError, ZoneInfoNotFoundError):
        return ZoneInfo("UTC")
