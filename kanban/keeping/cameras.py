"""Whether a phone will get its camera, and why not: it wants TLS and a certificate that it trusts."""

from __future__ import annotations

import socket
import ssl
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from kanban import certificates, config
from kanban.certificates import Certificate
from kanban.keeping.machine import BAD, LOOK, OK, Check, Patient

NAME = "phone camera"
RUNS_OUT_SOON = timedelta(days=14)
LONGEST_CALL = 5.0  # seconds


def camera(patient: Patient) -> Check:
    """What a phone that calls the shop's address will say to its camera."""
    settings = patient.settings
    url = settings.base_url
    if not settings.is_https:
        sentence = f"{url} has no TLS: the camera inside the app stays shut, and nothing is kept offline."
        todo = (
            "Run `kanban serve --tls local`, or put a proxy with a certificate in front (docs/deploy.md). "
            "The phone's own camera, typed codes and hand scanners work without."
        )
        return Check(NAME, LOOK, sentence, todo)
    try:
        if settings.tls == "local":
            return _ours(patient)
        if settings.tls_files:
            return _of(certificates.read(settings.tls_files[0].read_bytes()), patient)
    except (certificates.BadCertificate, OSError) as wrong:
        return Check(NAME, BAD, f"{wrong}.", "Mend it: no phone can call before.")
    return _called(url)


def _ours(patient: Patient) -> Check:
    """The certificate of the shop's own authority, which each phone has to trust once."""
    settings = patient.settings
    host = urlsplit(settings.base_url).hostname or ""
    authority = certificates.authority_in(settings.data)
    if not authority.exists():
        return Check(NAME, LOOK, "The authority is made at the next start.", "`kanban serve --tls local`.")
    served = certificates.read((authority.parent / "server.pem").read_bytes())
    found = _wrong(served, host, patient.at)
    if found:
        return Check(NAME, BAD, found, "Start the server anew: it makes a fitting one.")
    fingerprint = certificates.read(authority.read_bytes()).fingerprint
    where = f"http://{host}:{settings.install_port}/install" if settings.install_port else "/install"
    until = f"{served.not_after:%Y-%m-%d}"
    sentence = f"Good until {until}, for each phone that trusts the authority {fingerprint}."
    if settings.base_url.split("//")[1].split(":")[0] == config.lan_address():
        todo = "Give the machine a name: by its number phones lose it when the number changes."
        return Check(NAME, LOOK, sentence, f"{todo} A phone comes to trust it at {where}")
    return Check(NAME, OK, f"{sentence} A phone comes to trust it at {where}")


def _of(served: Certificate, patient: Patient) -> Check:
    """A certificate from elsewhere that the server itself shows."""
    host = urlsplit(patient.settings.base_url).hostname or ""
    found = _wrong(served, host, patient.at)
    if found:
        return Check(NAME, BAD, found, "Name a certificate that fits in KANBAN_TLS_CERT.")
    if served.signed_by_itself:
        todo = "Phones keep nothing offline with it: take one from an authority, or `--tls local`."
        return Check(NAME, BAD, "The certificate is signed by itself.", todo)
    if served.not_after - patient.at < RUNS_OUT_SOON:
        todo = "Renew it; a running server takes the new files within the hour."
        return Check(NAME, LOOK, f"The certificate runs out on {served.not_after:%Y-%m-%d}.", todo)
    return Check(NAME, OK, f"The certificate is for {host}, good until {served.not_after:%Y-%m-%d}.")


def _wrong(served: Certificate, host: str, at: datetime) -> str:
    if not served.is_for(host):
        return f"The certificate is for {', '.join(sorted(served.hosts))}, and phones call {host}."
    if at >= served.not_after:
        return f"The certificate ran out on {served.not_after:%Y-%m-%d}."
    if at < served.not_before:
        return "The certificate is not good yet: is the machine's clock right?"
    return ""


def _called(url: str) -> Check:
    """What a proxy shows to whoever calls the shop's address, by the eyes of this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        with (
            socket.create_connection((host, parts.port or 443), LONGEST_CALL) as line,
            ssl.create_default_context().wrap_socket(line, server_hostname=host),
        ):
            return Check(NAME, OK, f"{url} shows a certificate that this machine trusts.")
    except ssl.SSLCertVerificationError as refused:
        todo = "Let the proxy show the whole chain of a certificate for this host that phones trust."
        return Check(NAME, BAD, f"{url}: {refused.verify_message}.", todo)
    except OSError as wrong:
        todo = "See that the proxy runs, and that this machine finds the name."
        return Check(NAME, LOOK, f"{url} cannot be called from here: {wrong}.", todo)
