"""Encryption for one browser alone: RFC 8291, with the content coding aes128gcm of RFC 8188."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kanban.subscriptions import from_base64

RECORD_SIZE = 4_096
LAST_RECORD = b"\x02"


class BadKeys(ValueError):
    """The browser's key is no point of the curve: nothing can be encrypted for it."""


def encrypt(payload: bytes, p256dh: str, auth: str) -> bytes:
    """``payload`` as one record that only the holder of the keys can read. Raises :class:`BadKeys`."""
    theirs, secret = from_base64(p256dh), from_base64(auth)
    ours = ec.generate_private_key(ec.SECP256R1())
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        shared = ours.exchange(ec.ECDH(), public)
    except (ValueError, InvalidKey) as bad:
        raise BadKeys("the browser's key is no point of the curve") from bad
    sender = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    salt = os.urandom(16)
    material = _derived(shared, secret, b"WebPush: info\0" + theirs + sender, 32)
    key = _derived(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(material, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(sender)]) + sender
    return head + AESGCM(key).encrypt(nonce, payload + LAST_RECORD, None)


def _derived(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(material)
