"""Everything that a client could send by mistake or malice: never a 5xx, never slow.

    python tests/faults/hostile.py --requests 100000

All routes of the application get odd paths, queries, headers and bodies; all forms that its pages show get odd
values field by field. The token is an administrator's, so that little is refused before it is read.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import string
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from served import NO_ANSWER, Caller, Reply, Seeded, Server, seed, serving, sqlite_url

from kanban import config, create_app

LONGEST_ANSWER = 2.0  # seconds, on a calm machine
FORM = "application/x-www-form-urlencoded"
LIVES_ON = ("/sign-out", "/devices/")
"""Addresses that would end the sweep's own access."""

TEXTS: list[str] = [
    "", " ", "0", "-1", "1e309", "NaN", "Infinity", "1" + "0" * 30, "9" * 400, "0.0000001", "1,5", "١٢٣", "½", "\0",
    "a\0b", "\r\nX-Evil: 1", "\u2028", "\u202e", "\ufeff", "\ud800", "💩", "e\u0301" * 300, "x" * 70_000, "'; DROP TABLE card--",
    "<script>alert(1)</script>", "{{ 7*7 }}", "%s%n", "../../etc/passwd", "=1+1", "2026-02-30", "0000-00-00", "99999-01-01",
    "25:61", "Europe/Nowhere", "true", "null", "[]", "{}", "1:1; 1:2; x", "%", "_", "\\",
]  # fmt: skip
VALUES: list[Any] = [
    None,
    True,
    [],
    {},
    [[]],
    {"a": {}},
    0,
    -1,
    10**30,
    -(10**30),
    1e308,
    0.1,
    [None] * 1000,
    *TEXTS,
]
RAW = [
    b"", b"null", b'"text"', b"[]", b"3", b"NaN", b'{"mode": NaN}', b'{"quantity": Infinity}', b'{"age_ms": 1e400}', b"{", b'{"a":1,}',
    b"[" * 50_000, b'{"a":' * 20_000, b'{"mode":"signal","mode":"receive"}', b'{"mode":"\\ud800"}', b'{"quantity":"\\u0000"}', b"\xff\xfe{}",
    b"\x00" * 1000, b'{"' + b"k" * 70_000 + b'":1}', b"\xef\xbb\xbf{}", b"a=1&a=2&mode=signal&mode=receive", b"%ff=%00&=&&&;;", b"mode=%ED%A0%80",
    b"&".join(b"f%d=1" % n for n in range(3000)), b'{"key":[]}', b'{"key":null}', b'{"sure":"\xed\xa0\x80"}', b"9" * 10_000,
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="\x00.xlsx"\r\n\r\nPK\x03\x04junk\r\n--x--', b"--x\r\n\r\n",
]  # fmt: skip
TYPES = [
    "application/json",
    FORM,
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "text/plain",
    "",
    "application/json; charset=utf-16",
    "\xff",
]
KEYS = ["", "short", "x" * 65, "å" * 20, "a b c d e f", "\t" * 9, "'" * 10, None]
PARTS = [
    "0", "1", "2", "-1", "1.5", "9" * 30, "%00", "..", "%2e%2e%2f%2e%2e", "%ED%A0%80", "%FF", "%F0%9F%92%A9", "x" * 5000, "%0d%0aX:1", "a%2fb", "%5c",
    "1%20OR%201=1", "%E2%80%AE", ";", "%3f", "null", "{}", "%D9%A3", "0x1",
]  # fmt: skip
QUERY = (
    "q",
    "by",
    "lane",
    "page",
    "wall",
    "state",
    "code",
    "after",
    "limit",
    "next",
    "paper",
    "sort",
    "item",
    "supplier",
    "location",
    "kind",
    "faces",
)
HEADERS = [
    {"Accept": "\xff;q=x"}, {"Accept": "application/json"}, {"HX-Request": "true", "HX-PTag": "x" * 3000}, {"HX-Request": "true", "HX-Current-URL": "http://[::1"},
    {"Cookie": "kanban=\xff; kanban-notices=x.y.z"}, {"Origin": "http://["}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
    {"If-None-Match": '"' * 99}, {"Range": "bytes=9-1"}, {"Accept-Language": "x" * 3000}, {"Host": "evil.example"}, {"Host": "[::"}, {"If-Modified-Since": "x"},
    {"X-Forwarded-For": "\xff"}, {"Authorization": "Bearer"}, {"Authorization": "\xff \xff"}, {"Authorization": "Basic eA=="}, {"Accept-Encoding": "br;q=x, *"},
]  # fmt: skip


class Shot(NamedTuple):
    """One hostile request."""

    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed


@dataclass
class Sweep:
    """What came of it: requests by status, and those that broke or slowed the server."""

    statuses: dict[int, int] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    slow: dict[str, str] = field(default_factory=dict)
    slowest: tuple[float, str] = (0.0, "")

    def report(self) -> str:
        told = "  ".join(f"{status}: {times:,}" for status, times in sorted(self.statuses.items()))
        slowest = f"slowest {self.slowest[0]:.2f} s, {self.slowest[1]}"
        found = {**self.broken, **self.slow}
        return "\n".join([told, slowest, *(f"\n{shot}\n{trace}" for shot, trace in found.items())])


class _Forms(HTMLParser):
    """The forms of a page: where each posts to, and its fields with their values."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "form":
            self.found.append((told.get("method") or "get", told.get("action") or "", {}))
        elif tag in ("input", "select", "textarea") and told.get("name") and self.found:
            self.found[-1][2][str(told["name"])] = told.get("value") or "1"


def run(server: Server, shop: Seeded, requests: int, seed_number: int) -> Sweep:
    """Send ``requests`` hostile requests, chosen by ``seed_number``."""
    random.seed(seed_number)
    sweep = Sweep()
    caller = Caller(server.port, shop.tokens["admin"], timeout=60)
    rules = _rules(server.folder)
    forms = _forms(caller, rules, shop)
    makers = [
        lambda: _any_route(rules, shop),
        lambda: _any_body(rules, shop),
        lambda: _any_form(forms),
        lambda: _any_query(rules, shop),
    ]
    for _ in range(requests):
        _fire(sweep, server, caller, random.choice(makers)())
    caller.close()
    return sweep


def _fire(sweep: Sweep, server: Server, caller: Caller, shot: Shot) -> None:
    told = f"{shot.method} {shot.path[:120]} {shot.headers} {shot.body[:160]!r}"
    size = server.log.stat().st_size
    began = time.monotonic()
    try:
        reply = caller.call(shot.method, shot.path, shot.body, shot.headers)
    except NO_ANSWER as error:
        if not server.is_ready():
            sweep.broken[told] = f"the server is gone: {error!r}\n{server.tail()}"
        return  # the server may hang up on what is no HTTP at all
    seconds = time.monotonic() - began
    sweep.statuses[reply.status] = sweep.statuses.get(reply.status, 0) + 1
    sweep.slowest = max(sweep.slowest, (seconds, told))
    if reply.status >= 500:
        _blame(sweep, told, reply, server.log.read_bytes()[size:].decode(errors="replace"))
    elif seconds > LONGEST_ANSWER:
        sweep.slow[told] = f"took {seconds:.1f} s"


def _blame(sweep: Sweep, told: str, reply: Reply, log: str) -> None:
    """Keep one example for each place of ours that breaks."""
    frames = re.findall(r'File "[^"]*/(kanban/[^"]+)", line (\d+), in (\w+)', log)
    raised = [line for line in log.splitlines() if re.match(r"[\w.]+: |[\w.]+$", line)]
    place = f"{reply.status} {raised[-1][:200] if raised else ''} by {' < '.join('{}:{} {}'.format(*each) for each in frames[:-4:-1])}"
    kind = re.sub(r": .*? by", " by", place)
    if not any(re.sub(r": .*? by", " by", known) == kind for known in sweep.broken.values()):
        sweep.broken[told] = place


def _rules(folder: Path) -> list[tuple[str, str]]:
    """Method and pattern of every route of the product."""
    app = create_app(config.load({"KANBAN_DATA": str(folder), "KANBAN_BASE_URL": "http://localhost"}))
    app.extensions["kanban"].database.close()
    found = [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method in ("GET", "POST")
    ]
    return sorted(each for each in found if not each[1].startswith(LIVES_ON))


def _forms(caller: Caller, rules: list[tuple[str, str]], shop: Seeded) -> list[tuple[str, dict[str, str]]]:
    """The forms that a walk over all pages finds."""
    found: dict[tuple[str, tuple[str, ...]], dict[str, str]] = {}
    for method, rule in rules:
        if method != "GET":
            continue
        reply = caller.call("GET", _path(rule, shop, odd=0))
        if reply.status != 200 or not reply.headers.get("Content-Type", "").startswith("text/html"):
            continue
        page = _Forms()
        page.feed(reply.body.decode())
        for how, action, fields in page.found:
            if how.lower() == "post" and not action.startswith(LIVES_ON):
                found[action or _path(rule, shop, odd=0), tuple(fields)] = fields
    return [(action, fields) for (action, _), fields in found.items()]


def _path(rule: str, shop: Seeded, odd: float) -> str:
    def part(match: re.Match[str]) -> str:
        if random.random() < odd:
            return random.choice(PARTS)
        return random.choice(shop.codes[:20]) if "code" in match[0] else "1"

    return re.sub(r"<[^>]+>", part, rule)


def _key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


def _any_route(rules: list[tuple[str, str]], shop: Seeded) -> Shot:
    method, rule = random.choice(rules)
    headers = {**(_key() if method == "POST" else {}), **random.choice(HEADERS)}
    if random.random() < 0.3:
        bad = random.choice(KEYS)
        headers |= {} if bad is None else {"Idempotency-Key": _header(bad)}
    path = _path(rule, shop, odd=0.8) + random.choice(["", "", "/", "//", "/..", "?", "?%00", "%00", ".pdf"])
    return Shot(
        random.choice([method] * 8 + ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"]),
        path,
        b"",
        {k: _header(v) for k, v in headers.items()},
    )


def _any_body(rules: list[tuple[str, str]], shop: Seeded) -> Shot:
    rule = random.choice([rule for method, rule in rules if method == "POST"])
    return Shot(
        "POST",
        _path(rule, shop, odd=0.1),
        random.choice(RAW),
        {**_key(), "Content-Type": random.choice(TYPES)},
    )


def _any_query(rules: list[tuple[str, str]], shop: Seeded) -> Shot:
    rule = random.choice([rule for method, rule in rules if method == "GET"])
    asked = urlencode(
        [(name, random.choice(TEXTS)[:3000]) for name in random.sample(QUERY, random.randint(1, 3))],
        errors="surrogatepass",
    )
    return Shot(
        "GET", f"{_path(rule, shop, odd=0.1)}?{asked}", b"", random.choice([{}, {"HX-Request": "true"}])
    )


def _any_form(forms: list[tuple[str, dict[str, str]]]) -> Shot:
    action, fields = random.choice(forms)
    sent: dict[str, Any] = {
        name: value for name, value in fields.items() if name != "key" and random.random() < 0.9
    }
    as_json = random.random() < 0.3
    for name in random.sample(sorted(fields), min(len(fields), random.randint(1, 2))):
        sent[name] = random.choice(VALUES if as_json else TEXTS)
    if random.random() < 0.1:
        sent["".join(random.choices(string.ascii_letters, k=5))] = "1"
    if as_json:
        return Shot("POST", action, json.dumps(sent).encode(), {**_key(), "Content-Type": "application/json"})
    return Shot("POST", action, _encoded(sent), {**_key(), "Content-Type": FORM})


def _encoded(sent: dict[str, Any]) -> bytes:
    pairs = [(name, value) for name, value in sent.items() for _ in range(random.choice((1, 1, 1, 2)))]
    return urlencode(pairs, errors="surrogatepass").encode()


def _header(value: str) -> str:
    """A header's value as http.client lets it pass."""
    return value.encode("utf-8", "replace").decode("latin-1")


def sweep_of(folder: Path, requests: int, seed_number: int) -> Sweep:
    """A hostile sweep over a server of its own."""
    shop = seed(sqlite_url(folder), folder, cards=40)
    with serving(Server(folder, KANBAN_WHO_MAY_SIGNAL="anyone")) as server:
        reader = Caller(server.port, shop.tokens["operator"])
        for code in shop.codes[:12]:
            reader.post(f"/c/{code}/scans")
        reader.close()
        return run(server, shop, requests, seed_number)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kanban-hostile-") as place:
        sweep = sweep_of(Path(place), chosen.requests, chosen.seed)
    print(f"seed {chosen.seed}\n{sweep.report()}")
    return 1 if sweep.broken or sweep.slow else 0


if __name__ == "__main__":
    sys.exit(main())
