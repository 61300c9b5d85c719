"""Who we are to a push service (VAPID, RFC 8292): one key pair for the life of the installation."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kanban import config

TOKEN_LASTS = timedelta(hours=12)
"""Services refuse what claims to be good for more than a day."""


@dataclass(frozen=True)
class Vapid:
    """Our key, and the address under which the service's people find us."""

    key: ec.EllipticCurvePrivateKey
    contact: str

    @property
    def public(self) -> str:
        """The public key as a browser takes it: an uncompressed point in base64url."""
        return _base64(self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def authorization(self, endpoint: str, now: datetime) -> str:
        """The header that says to the endpoint's service who sends."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + TOKEN_LASTS).timestamp()),
            "sub": self.contact,
        }
        said = f"{_json({'typ': 'JWT', 'alg': 'ES256'})}.{_json(claims)}"
        r, s = decode_dss_signature(self.key.sign(said.encode(), ec.ECDSA(hashes.SHA256())))
        return f"vapid t={said}.{_base64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}, k={self.public}"


def load(data: Path, base_url: str) -> Vapid:
    """The installation's key. Raises :class:`config.BadSetting`."""
    # A service wants an https address for its questions, and phones subscribe over nothing else.
    contact = f"https://{urlsplit(base_url).netloc}"
    return Vapid(ec.derive_private_key(config.vapid_key(data), ec.SECP256R1()), contact)


def _json(value: dict[str, object] | dict[str, str]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
