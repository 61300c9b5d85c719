"""The shop's own certificates: what phones ask of one, and what its authority may not do."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from ports import free_port
from serving import KANBAN, Served, environment, serving, stocked
from waiting import wait_until

from kanban import certificates, config
from kanban.keeping import cameras
from kanban.keeping.machine import Patient

AT = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
HOST = "kanban.local"
ALSO = ("192.168.1.50", "hall.local", "localhost", "127.0.0.1", "www.example.com", "8.8.8.8")


def leaf(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "tls" / "server.pem").read_bytes())


def signed_for(folder: Path, host: str) -> tuple[Path, Path]:
    """A certificate that the authority signs for a host, whether it may or not."""
    own = folder / "tls"
    authority, key = certificates._load(own, "authority")
    certificates._make_server(own, authority, key, (host,), datetime.now(UTC))
    return own / "server.pem", own / "server.key"


def shakes_hands(folder: Path, host: str) -> bool:
    """Whether Python and curl, which trust the authority alone, accept what it signed for ``host``."""
    pem, key = signed_for(folder, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    verdicts = set()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer() -> None:
            for _each in range(2):
                line, _address = listener.accept()
                try:
                    with context.wrap_socket(line, server_side=True) as secure:
                        secure.recv(4096)
                        secure.sendall(b"HTTP/1.0 204 No Content\r\n\r\n")
                except OSError:
                    line.close()

        thread = threading.Thread(target=answer)
        thread.start()
        trusting = ssl.create_default_context(cafile=str(folder / "tls" / "authority.pem"))
        try:
            with (
                socket.create_connection(("127.0.0.1", port)) as line,
                trusting.wrap_socket(line, server_hostname=host) as secure,
            ):
                secure.sendall(b"GET / HTTP/1.0\r\n\r\n")
                verdicts.add(secure.recv(4096).startswith(b"HTTP/1.0 204"))
        except ssl.SSLCertVerificationError as refused:
            verdicts.add("permitted subtree" not in refused.verify_message)
        trusted = ("--cacert", folder / "tls" / "authority.pem")
        curl = ["curl", "-sS", *trusted, "--connect-to", f"::127.0.0.1:{port}"]
        told = subprocess.run([*curl, f"https://{host}/"], capture_output=True, text=True, check=False)
        verdicts.add(told.returncode == 0)
        thread.join()
    assert len(verdicts) == 1, told.stderr
    return verdicts.pop()


def test_the_servers_certificate_is_one_that_phones_take(tmp_path: Path) -> None:
    made = certificates.keep(tmp_path, HOST, ALSO, AT)
    known = certificates.read(made.certificate.read_bytes())
    assert known.hosts == {HOST, "192.168.1.50", "hall.local", "localhost", "127.0.0.1"}
    assert known.not_after - known.not_before <= timedelta(days=397)
    usage = leaf(tmp_path).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    authority = x509.load_pem_x509_certificate(certificates.authority_in(tmp_path).read_bytes())
    leaf(tmp_path).verify_directly_issued_by(authority)
    limits = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    basics = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (basics.ca, basics.path_length) == (True, 0)


def test_keys_can_be_read_by_nobody_else(tmp_path: Path) -> None:
    certificates.keep(tmp_path, HOST, ALSO, AT)
    folder = tmp_path / "tls"
    assert {oct(each.stat().st_mode & 0o777) for each in folder.glob("*.key")} == {"0o600"}
    assert folder.stat().st_mode & 0o077 == 0
    (folder / "authority.key").chmod(0o644)
    with pytest.raises(certificates.BadCertificate, match="chmod 600"):
        certificates.keep(tmp_path, HOST, ALSO, AT)


@pytest.mark.parametrize("host", [HOST, "shop.kanban.local", "192.168.1.50", "10.1.2.3", "localhost"])
def test_what_the_authority_may_sign_for_is_accepted(tmp_path: Path, host: str) -> None:
    certificates.keep(tmp_path, HOST, (), datetime.now(UTC))
    assert shakes_hands(tmp_path, host)


@pytest.mark.parametrize("host", ["www.example.com", "kanban.locals", "8.8.8.8", "172.32.0.1"])
def test_what_it_may_not_sign_for_is_refused_even_if_it_does(tmp_path: Path, host: str) -> None:
    certificates.keep(tmp_path, HOST, (), datetime.now(UTC))
    assert not shakes_hands(tmp_path, host)


def test_a_public_host_name_of_the_shop_is_allowed_and_no_other(tmp_path: Path) -> None:
    certificates.keep(tmp_path, "kanban.example", (), datetime.now(UTC))
    assert shakes_hands(tmp_path, "kanban.example")
    assert not shakes_hands(tmp_path, "example")


def test_the_certificate_is_renewed_in_time_and_the_authority_stays(tmp_path: Path) -> None:
    first = certificates.keep(tmp_path, HOST, ALSO, AT)
    authority = certificates.authority_in(tmp_path).read_bytes()
    assert first.renewed
    assert not certificates.keep(tmp_path, HOST, ALSO, AT + timedelta(days=335)).renewed
    assert certificates.keep(tmp_path, HOST, ALSO, AT + timedelta(days=337)).renewed
    assert certificates.keep(tmp_path, "other.local", ALSO, AT + timedelta(days=337)).renewed
    assert certificates.authority_in(tmp_path).read_bytes() == authority


def test_another_host_name_needs_another_authority(tmp_path: Path) -> None:
    certificates.keep(tmp_path, HOST, ALSO, AT)
    with pytest.raises(certificates.BadCertificate, match=r"may not sign for kanban\.example"):
        certificates.keep(tmp_path, "kanban.example", ALSO, AT)


@pytest.mark.parametrize("damage", ["", "-----BEGIN CERTIFICATE-----\nxxxx\n-----END CERTIFICATE-----\n"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    certificates.keep(tmp_path, HOST, ALSO, AT)
    certificates.authority_in(tmp_path).write_text(damage)
    with pytest.raises(certificates.BadCertificate, match=r"authority\.pem"):
        certificates.keep(tmp_path, HOST, ALSO, AT)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"KANBAN_TLS": "local", "KANBAN_BASE_URL": "http://kanban.local"}, "starts with https"),
        ({"KANBAN_TLS": "files"}, "belong to `files`"),
        ({"KANBAN_TLS": "maybe"}, "give one of"),
        ({"KANBAN_TLS_CERT": "/nowhere"}, "come together"),
        ({"KANBAN_TLS_CERT": "/nowhere", "KANBAN_TLS_KEY": "/nowhere"}, "cannot be read"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(environ: dict[str, str], said: str) -> None:
    with pytest.raises(config.BadSetting, match=said):
        config.load(environ)


def call(served: Served, folder: Path, path: str, host: str = HOST) -> http.client.HTTPResponse:
    """GET over TLS, by a client that trusts the folder's authority and nothing else."""
    trusting = ssl.create_default_context(cafile=str(folder / "tls" / "authority.pem"))
    port = int(served.address.rsplit(":", 1)[1])
    line = http.client.HTTPSConnection(host, port, context=trusting, timeout=20)
    line.sock = trusting.wrap_socket(socket.create_connection(("127.0.0.1", port), 20), server_hostname=host)
    line.request("GET", path, headers={"Host": f"{host}:{port}"})
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer


def plain(port: int, path: str) -> tuple[int, dict[str, str], bytes]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    line.request("GET", path, headers={"Host": f"{HOST}:{port}"})
    answer = line.getresponse()
    told = answer.status, dict(answer.getheaders()), answer.read()
    line.close()
    return told


def test_serve_speaks_tls_with_it_and_helps_phones_on_a_port_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "shop"
    stocked(folder)
    port, beside = free_port(), free_port()

    def answers(served: Served) -> bool:
        assert served.process.poll() is None, served.said
        try:
            return call(served, folder, "/readyz").status == 200
        except (OSError, http.client.HTTPException):
            return False

    monkeypatch.setattr("serving.is_ready", answers)
    settings = {"KANBAN_BASE_URL": f"https://{HOST}:{port}", "KANBAN_INSTALL_PORT": str(beside)}
    with serving(folder, "--tls", "local", port=port, **settings) as served:
        assert f"http://{HOST}:{beside}/install" in served.said
        status, _headers, page = plain(beside, "/install")
        assert status == 200
        assert b"Certificate Trust Settings" in page
        for path, kind in {
            "/install/kanban.mobileconfig": "application/x-apple-aspen-config",
            "/install/kanban-authority.crt": "application/x-x509-ca-cert",
            "/install/kanban-authority.pem": "application/x-pem-file",
        }.items():
            status, headers, _body = plain(beside, path)
            assert (status, headers["Content-Type"]) == (200, kind)
        der = plain(beside, "/install/kanban-authority.crt")[2]
        assert x509.load_der_x509_certificate(der).subject == leaf(folder).issuer
        assert b"com.apple.security.root" in plain(beside, "/install/kanban.mobileconfig")[2]
        for path in ("/", "/sign-in", "/c/7K3M9QX2FT4A", "/api/v1/cards", "/installed"):
            assert plain(beside, path)[:2][0] == (303 if path != "/installed" else 404)
        assert "Strict-Transport-Security" not in call(served, folder, "/sign-in").headers

        before = leaf(folder).serial_number
        (folder / "tls" / "server.pem").unlink()
        certificates.keep(folder, HOST, ("127.0.0.1",), datetime.now(UTC))
        assert leaf(folder).serial_number != before
        os.kill(served.process.pid, signal.SIGHUP)
        wait_until(lambda: shown_serial(port) not in (before, 0), "the renewed certificate is served")
        assert call(served, folder, "/readyz").status == 200


def test_a_taken_install_port_stops_the_start_and_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        environ = environment(
            tmp_path, free_port(), KANBAN_BASE_URL=f"https://{HOST}", KANBAN_INSTALL_PORT=str(port)
        )
        told = subprocess.run(
            [KANBAN, "serve", "--tls", "local"], env=environ, capture_output=True, text=True, check=False
        )
    assert told.returncode == 1
    assert f"KANBAN_INSTALL_PORT={port}" in told.stderr


def shown_serial(port: int) -> int:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 20) as line,
            context.wrap_socket(line, server_hostname=HOST) as secure,
        ):
            der = secure.getpeercert(binary_form=True)
    except OSError:  # on a busy machine the new worker may not listen yet when the old one ends
        return 0
    finally:
        time.sleep(0.1)
    return x509.load_der_x509_certificate(der).serial_number if der else 0


def check(folder: Path, at: datetime = AT, **environ: str) -> tuple[str, str]:
    settings = config.load({"KANBAN_DATA": str(folder), **environ})
    found = cameras.camera(Patient(settings, environ, at))
    return found.verdict, f"{found.sentence} {found.todo}"


def test_the_doctor_says_why_a_phone_gets_no_camera(tmp_path: Path) -> None:
    ours = {"KANBAN_TLS": "local", "KANBAN_BASE_URL": f"https://{HOST}:8443"}
    assert check(tmp_path, KANBAN_BASE_URL="http://kanban.local")[0] == "look"
    assert "--tls local" in check(tmp_path, KANBAN_BASE_URL="http://kanban.local")[1]
    assert "at the next start" in check(tmp_path, **ours)[1]
    made = certificates.keep(tmp_path, HOST, ALSO, AT)
    assert check(tmp_path, **ours)[0] == "ok"
    assert f"http://{HOST}:8080/install" in check(tmp_path, **ours)[1]
    assert "ran out" in check(tmp_path, AT + timedelta(days=400), **ours)[1]
    assert "clock" in check(tmp_path, AT - timedelta(days=1), **ours)[1]
    assert (
        "phones call else.local"
        in check(tmp_path, KANBAN_TLS="local", KANBAN_BASE_URL="https://else.local")[1]
    )
    files = {"KANBAN_TLS_CERT": str(made.certificate), "KANBAN_TLS_KEY": str(made.key)}
    assert check(tmp_path, **files, KANBAN_BASE_URL=f"https://{HOST}")[0] == "ok"
    late = check(tmp_path, AT + timedelta(days=390), **files, KANBAN_BASE_URL=f"https://{HOST}")
    assert late[0] == "look"
    assert "Renew" in late[1]
    authority = files | {"KANBAN_TLS_CERT": str(certificates.authority_in(tmp_path))}
    assert check(tmp_path, **authority, KANBAN_BASE_URL=f"https://{HOST}")[0] == "bad"


def test_the_doctor_calls_the_proxy_as_a_phone_would(tmp_path: Path) -> None:
    port = free_port()
    verdict, said = check(tmp_path, KANBAN_BASE_URL=f"https://127.0.0.1:{port}")
    assert verdict == "look"
    assert "cannot be called" in said
    certificates.keep(tmp_path, "127.0.0.1", (), datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls" / "server.pem", tmp_path / "tls" / "server.key")
    with socket.create_server(("127.0.0.1", port)) as listener:

        def answer() -> None:
            line, _address = listener.accept()
            with line, suppress(OSError):
                context.wrap_socket(line, server_side=True).close()

        thread = threading.Thread(target=answer)
        thread.start()
        verdict, said = check(tmp_path, KANBAN_BASE_URL=f"https://127.0.0.1:{port}")
        thread.join()
    assert verdict == "bad"
    assert "issuer" in said
