"""Settings from the environment, checked once at the start; and where the product's own files lie."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from kanban.config import parsing
from kanban.config.keys import secret_key, vapid_key
from kanban.config.machine import assets, default_data_folder, lan_address, local_zone
from kanban.config.mail import MailServer, mail_server
from kanban.config.parsing import YES_OR_NO, BadSetting, one_of, read, whole
from kanban.languages import SOURCE, SPOKEN

__all__ = [
    "BadSetting",
    "MailServer",
    "Settings",
    "assets",
    "default_data_folder",
    "lan_address",
    "load",
    "secret_key",
    "vapid_key",
]


TLS = ("off", "local", "files")
WHO_MAY_SIGNAL = ("people", "anyone")


@dataclass(frozen=True)
class Settings:
    """What the person who runs the program decided. Each field names its environment variable."""

    data: Path
    """``KANBAN_DATA``: the folder that holds all state."""
    database_url: str
    """``KANBAN_DATABASE_URL``: SQLite in the data folder unless a PostgreSQL URL is given."""
    base_url: str
    """``KANBAN_BASE_URL``: the address that cards and links carry; never taken from a request."""
    former_urls: tuple[str, ...]
    """``KANBAN_FORMER_URLS``: addresses that older cards carry; they lead to the same shop."""
    host: str
    """``KANBAN_HOST``: the address to listen on."""
    port: int
    """``KANBAN_PORT``: the port to listen on."""
    threads: int
    """``KANBAN_THREADS``: how many requests are worked on at once."""
    trusted_hosts: tuple[str, ...]
    """``KANBAN_TRUSTED_HOSTS``: further host names under which the program may be called."""
    trusted_proxies: int
    """``KANBAN_TRUSTED_PROXIES``: how many reverse proxies stand in front; 0 believes no forwarded header."""
    zone: ZoneInfo
    """``KANBAN_TIME_ZONE``: the shop's time zone, for the screen and for working days."""
    currency: str
    """``KANBAN_CURRENCY``: three letters, shown with every amount."""
    language: str
    """``KANBAN_LANGUAGE``: what is spoken where neither device nor browser asks for one we know."""
    signal: str
    """``KANBAN_WHO_MAY_SIGNAL``: ``people`` who are signed in, or ``anyone`` who holds a card."""
    undo: timedelta
    """``KANBAN_UNDO_SECONDS``: how long *Undo* is offered after a signal."""
    offline: bool
    """``KANBAN_OFFLINE``: whether phones keep the app; ``no`` takes it off every phone that calls."""
    mail: MailServer | None
    """``KANBAN_SMTP_HOST`` and its kin; none: no mail leaves."""
    webhook_networks: tuple[IPv4Network | IPv6Network, ...]
    """``KANBAN_WEBHOOK_NETWORKS``: private networks that webhooks may reach all the same."""
    export: Path
    """``KANBAN_EXPORT``: the folder where orders are put as files."""
    tls: str
    """``KANBAN_TLS``: ``off``, ``local`` for a certificate of our own authority, or ``files``."""
    tls_files: tuple[Path, Path] | None
    """``KANBAN_TLS_CERT`` and ``KANBAN_TLS_KEY``: a certificate with its chain, and its key, in PEM."""
    install_port: int
    """``KANBAN_INSTALL_PORT``: where phones fetch the authority of ``KANBAN_TLS=local``, without TLS."""
    dispatch: bool
    """``KANBAN_DISPATCH``: whether the server sends orders itself; ``no`` leaves it to `kanban dispatch`."""

    @property
    def is_https(self) -> bool:
        """Whether the shop is reached over TLS; decides about Secure cookies."""
        return self.base_url.startswith("https://")

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file in the data folder."""
        return self.database_url.startswith("sqlite")


def load(environ: Mapping[str, str]) -> Settings:
    """The settings of an environment. Raises :class:`BadSetting`."""
    data = Path(environ.get("KANBAN_DATA") or default_data_folder()).expanduser().absolute()
    port = read(environ, "KANBAN_PORT", whole(1, 65535), 8000)
    tls, tls_files = _tls(environ)
    scheme = "http" if tls == "off" else "https"
    base_url = read(environ, "KANBAN_BASE_URL", parsing.base_url_of, f"{scheme}://{lan_address()}:{port}")
    if tls != "off" and not base_url.startswith("https://"):
        raise BadSetting(f"KANBAN_BASE_URL={base_url!r}: with KANBAN_TLS it starts with https://")
    nowhere: tuple[str, ...] = ()
    former_urls = read(environ, "KANBAN_FORMER_URLS", parsing.former_urls_of, nowhere)
    return Settings(
        data=data,
        database_url=read(environ, "KANBAN_DATABASE_URL", parsing.database_url_of, _sqlite_in(data)),
        base_url=base_url,
        former_urls=former_urls,
        host=environ.get("KANBAN_HOST") or "0.0.0.0",  # noqa: S104 - phones on the shop's network call us
        port=port,
        threads=read(environ, "KANBAN_THREADS", whole(1, 512), 16),
        trusted_hosts=_hosts(environ.get("KANBAN_TRUSTED_HOSTS", ""), base_url, former_urls),
        trusted_proxies=read(environ, "KANBAN_TRUSTED_PROXIES", whole(0, 5), 0),
        zone=read(environ, "KANBAN_TIME_ZONE", parsing.zone, local_zone()),
        currency=read(environ, "KANBAN_CURRENCY", parsing.currency, "EUR"),
        language=read(environ, "KANBAN_LANGUAGE", one_of(tuple(SPOKEN)), SOURCE),
        signal=read(environ, "KANBAN_WHO_MAY_SIGNAL", one_of(WHO_MAY_SIGNAL), "people"),
        undo=timedelta(seconds=read(environ, "KANBAN_UNDO_SECONDS", whole(0, 600), 10)),
        offline=read(environ, "KANBAN_OFFLINE", one_of(YES_OR_NO), "yes") == "yes",
        mail=mail_server(environ, urlsplit(base_url).hostname or "localhost"),
        webhook_networks=read(environ, "KANBAN_WEBHOOK_NETWORKS", parsing.networks, ()),
        export=Path(environ.get("KANBAN_EXPORT") or data / "outgoing").expanduser().absolute(),
        tls=tls,
        tls_files=tls_files,
        install_port=read(environ, "KANBAN_INSTALL_PORT", whole(0, 65535), 8080),
        dispatch=read(environ, "KANBAN_DISPATCH", one_of(YES_OR_NO), "yes") == "yes",
    )


def _tls(environ: Mapping[str, str]) -> tuple[str, tuple[Path, Path] | None]:
    """How the server itself speaks TLS, and with which files."""
    named = [environ.get(name, "").strip() for name in ("KANBAN_TLS_CERT", "KANBAN_TLS_KEY")]
    if any(named) and not all(named):
        raise BadSetting("KANBAN_TLS_CERT and KANBAN_TLS_KEY come together")
    chosen = read(environ, "KANBAN_TLS", one_of(TLS), "files" if all(named) else "off")
    if (chosen == "files") != all(named):
        raise BadSetting(f"KANBAN_TLS={chosen!r}: KANBAN_TLS_CERT and KANBAN_TLS_KEY belong to `files` alone")
    files = [Path(each).expanduser().absolute() for each in named if each]
    for file in files:
        if not os.access(file, os.R_OK):
            raise BadSetting(f"{file} cannot be read: KANBAN_TLS_CERT and KANBAN_TLS_KEY name PEM files")
    return chosen, (files[0], files[1]) if files else None


def _sqlite_in(data: Path) -> str:
    return f"sqlite:///{data / 'kanban.sqlite'}"


def _hosts(extra: str, base_url: str, former: tuple[str, ...]) -> tuple[str, ...]:
    """The host names under which requests are answered: the base URL's, this machine's, and further ones."""
    named = [host.strip().lower() for host in extra.split(",") if host.strip()]
    own = urlsplit(base_url).hostname or ""
    old = [urlsplit(each).hostname or "" for each in former]
    return tuple(dict.fromkeys([own, "localhost", "127.0.0.1", "[::1]", lan_address(), *named, *old]))
