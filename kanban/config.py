"""Settings from the environment, checked once at the start; and where the product's own files lie."""

from __future__ import annotations

import os
import re
import secrets
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kanban.languages import SOURCE, SPOKEN

T = TypeVar("T")

SHORTEST_SECRET = 32
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many private keys the curve P-256 has."""
TLS = ("off", "local", "files")
WHO_MAY_SIGNAL = ("people", "anyone")
YES_OR_NO = ("yes", "no")
SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class BadSetting(Exception):
    """A setting that the program cannot run with; the message names it and says what would do."""


@dataclass(frozen=True)
class MailServer:
    """How mail leaves. ``security`` is ``starttls``, ``tls``, or for a server on this machine ``none``."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    sender: str
    reply_to: str
    """Who gets the answers; empty: the sender."""
    bounces: str
    """The envelope's sender, to which undeliverable mail comes back."""
    ca_file: Path | None
    """Certificates to trust instead of the system's."""
    own_name: str


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
    port = _read(environ, "KANBAN_PORT", _whole(1, 65535), 8000)
    tls, tls_files = _tls(environ)
    scheme = "http" if tls == "off" else "https"
    base_url = _read(environ, "KANBAN_BASE_URL", _base_url, f"{scheme}://{lan_address()}:{port}")
    if tls != "off" and not base_url.startswith("https://"):
        raise BadSetting(f"KANBAN_BASE_URL={base_url!r}: with KANBAN_TLS it starts with https://")
    nowhere: tuple[str, ...] = ()
    former_urls = _read(environ, "KANBAN_FORMER_URLS", _former_urls, nowhere)
    return Settings(
        data=data,
        database_url=_read(environ, "KANBAN_DATABASE_URL", _database_url, _sqlite_in(data)),
        base_url=base_url,
        former_urls=former_urls,
        host=environ.get("KANBAN_HOST") or "0.0.0.0",  # noqa: S104 - phones on the shop's network call us
        port=port,
        threads=_read(environ, "KANBAN_THREADS", _whole(1, 512), 16),
        trusted_hosts=_hosts(environ.get("KANBAN_TRUSTED_HOSTS", ""), base_url, former_urls),
        trusted_proxies=_read(environ, "KANBAN_TRUSTED_PROXIES", _whole(0, 5), 0),
        zone=_read(environ, "KANBAN_TIME_ZONE", _zone, local_zone()),
        currency=_read(environ, "KANBAN_CURRENCY", _currency, "EUR"),
        language=_read(environ, "KANBAN_LANGUAGE", _one_of(tuple(SPOKEN)), SOURCE),
        signal=_read(environ, "KANBAN_WHO_MAY_SIGNAL", _one_of(WHO_MAY_SIGNAL), "people"),
        undo=timedelta(seconds=_read(environ, "KANBAN_UNDO_SECONDS", _whole(0, 600), 10)),
        offline=_read(environ, "KANBAN_OFFLINE", _one_of(("yes", "no")), "yes") == "yes",
        mail=_mail(environ, urlsplit(base_url).hostname or "localhost"),
        webhook_networks=_read(environ, "KANBAN_WEBHOOK_NETWORKS", _networks, ()),
        export=Path(environ.get("KANBAN_EXPORT") or data / "outgoing").expanduser().absolute(),
        tls=tls,
        tls_files=tls_files,
        install_port=_read(environ, "KANBAN_INSTALL_PORT", _whole(0, 65535), 8080),
        dispatch=_read(environ, "KANBAN_DISPATCH", _one_of(YES_OR_NO), "yes") == "yes",
    )


def default_data_folder() -> Path:
    """Where state lies if nobody says otherwise: the user's own data folder."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "kanban"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "kanban"


def assets(folder: str) -> Path:
    """Where ``static``, ``templates`` or ``labels`` lies: in the wheel, or beside the package."""
    here = Path(__file__).parent
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


def secret_key(data: Path) -> str:
    """The installation's secret, made at the first start. Raises :class:`BadSetting`."""
    return _kept(data / "secret_key", lambda: secrets.token_urlsafe(48), "everybody signs in again")


def vapid_key(data: Path) -> int:
    """The private number of the key that signs our messages to phones, made at the first start.

    Raises :class:`BadSetting`.
    """
    lost = "phones have to be asked for messages again"
    text = _kept(data / "vapid_key", lambda: f"{secrets.randbelow(P256_ORDER - 1) + 1:064x}", lost)
    if not re.fullmatch(r"[0-9a-f]{64}", text) or not 0 < int(text, 16) < P256_ORDER:
        raise BadSetting(f"{data / 'vapid_key'} is damaged: delete it, and a new key is made ({lost})")
    return int(text, 16)


def _kept(path: Path, make: Callable[[], str], lost: str) -> str:
    """A secret in a file of the data folder, mode 0600; made where there is none.

    Two processes that start at once agree on one: whoever links its file first wins. Raises
    :class:`BadSetting` for one that is too short or that others may read.
    """
    if not path.exists():
        _make_secret(path, make())
    if path.stat().st_mode & 0o077:
        raise BadSetting(f"{path} can be read by others: run `chmod 600 {path}`")
    key = path.read_text().strip()
    if len(key) < SHORTEST_SECRET:
        raise BadSetting(f"{path} is damaged: delete it, and a new key is made ({lost})")
    return key


def _make_secret(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass  # another process was first; its key is the one
    finally:
        fresh.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _tls(environ: Mapping[str, str]) -> tuple[str, tuple[Path, Path] | None]:
    """How the server itself speaks TLS, and with which files."""
    named = [environ.get(name, "").strip() for name in ("KANBAN_TLS_CERT", "KANBAN_TLS_KEY")]
    if any(named) and not all(named):
        raise BadSetting("KANBAN_TLS_CERT and KANBAN_TLS_KEY come together")
    chosen = _read(environ, "KANBAN_TLS", _one_of(TLS), "files" if all(named) else "off")
    if (chosen == "files") != all(named):
        raise BadSetting(f"KANBAN_TLS={chosen!r}: KANBAN_TLS_CERT and KANBAN_TLS_KEY belong to `files` alone")
    files = [Path(each).expanduser().absolute() for each in named if each]
    for file in files:
        if not os.access(file, os.R_OK):
            raise BadSetting(f"{file} cannot be read: KANBAN_TLS_CERT and KANBAN_TLS_KEY name PEM files")
    return chosen, (files[0], files[1]) if files else None


def _read(environ: Mapping[str, str], name: str, parse: Callable[[str], T], default: T) -> T:
    value = environ.get(name, "").strip()
    if not value:
        return default
    try:
        return parse(value)
    except ValueError as wrong:
        raise BadSetting(f"{name}={value!r}: {wrong}") from wrong


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
            raise ValueError(f"give a whole number from {lowest} to {highest}")
        return int(text)

    return parse


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"give one of {', '.join(words)}")
        return text

    return parse


def _mail(environ: Mapping[str, str], own_name: str) -> MailServer | None:
    host = _read(environ, "KANBAN_SMTP_HOST", _host_name, "")
    if not host:
        return None
    security = _read(environ, "KANBAN_SMTP_SECURITY", _one_of(tuple(SMTP_PORTS)), "starttls")
    if security == "none" and host not in LOOPBACK:
        raise BadSetting(
            "KANBAN_SMTP_SECURITY='none': only a mail server on this very machine is called in the clear"
        )
    sender = _read(environ, "KANBAN_SMTP_FROM", _mailbox, "")
    if not sender:
        raise BadSetting("KANBAN_SMTP_FROM is missing: give the address that orders come from")
    user = environ.get("KANBAN_SMTP_USER", "").strip()
    password = _secret(environ, "KANBAN_SMTP_PASSWORD")
    if bool(user) != bool(password):
        raise BadSetting("KANBAN_SMTP_USER comes with KANBAN_SMTP_PASSWORD or KANBAN_SMTP_PASSWORD_FILE")
    return MailServer(
        host=host,
        port=_read(environ, "KANBAN_SMTP_PORT", _whole(1, 65535), SMTP_PORTS[security]),
        security=security,
        user=user,
        password=password,
        sender=sender,
        reply_to=_read(environ, "KANBAN_SMTP_REPLY_TO", _mailbox, ""),
        bounces=_read(environ, "KANBAN_SMTP_BOUNCES", _mailbox, sender),
        ca_file=_read(environ, "KANBAN_SMTP_CA_FILE", _file, None),
        own_name=own_name,
    )


def _secret(environ: Mapping[str, str], name: str) -> str:
    """A secret from the environment, or from the file that ``<name>_FILE`` names."""
    path = environ.get(f"{name}_FILE", "").strip()
    if not path:
        return environ.get(name, "")
    if environ.get(name):
        raise BadSetting(f"{name} and {name}_FILE are both given: give one")
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as wrong:
        raise BadSetting(f"{name}_FILE={path!r}: cannot be read") from wrong


def _host_name(text: str) -> str:
    if not re.fullmatch(
        r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*", text
    ):
        raise ValueError("give a host name such as smtp.example.org, without a port")
    return text.lower()


def _mailbox(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+", text):
        raise ValueError("give one plain e-mail address")
    return text


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError("there is no such file")
    return path


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())
    except ValueError as wrong:
        raise ValueError("give networks such as 192.168.10.0/24, separated by commas") from wrong


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("give the address that phones call, such as https://kanban.example, without a path")
    if parts.username or parts.password or not re.fullmatch(r"[a-z0-9.\-\[\]:]+", parts.netloc.lower()):
        raise ValueError("give a plain host name, with a port if need be")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _former_urls(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_base_url(each.strip()) for each in text.split(",") if each.strip()))


def _database_url(text: str) -> str:
    if text.startswith(("postgresql://", "postgres://")):
        return "postgresql+psycopg://" + text.split("://", 1)[1]
    if text.startswith(("postgresql+psycopg://", "sqlite:///")):
        return text
    raise ValueError("give postgresql://user@host/name, or leave it out for SQLite in the data folder")


def _sqlite_in(data: Path) -> str:
    return f"sqlite:///{data / 'kanban.sqlite'}"


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError) as unknown:
        raise ValueError("give a time zone such as Europe/Berlin") from unknown


def _currency(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError("give three capital letters, such as EUR")
    return text


def _hosts(extra: str, base_url: str, former: tuple[str, ...]) -> tuple[str, ...]:
    """The host names under which requests are answered: the base URL's, this machine's, and further ones."""
    named = [host.strip().lower() for host in extra.split(",") if host.strip()]
    own = urlsplit(base_url).hostname or ""
    old = [urlsplit(each).hostname or "" for each in former]
    return tuple(dict.fromkeys([own, "localhost", "127.0.0.1", "[::1]", lan_address(), *named, *old]))
