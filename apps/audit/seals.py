"""A seal's exact bytes, and the signature under them. Pure."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lvs.agent.sealing import key_id

PREFIX = b"lvs audit seal 1\n"
"""Before what is signed, so that a signature made for anything else can't be used here."""


class Head(NamedTuple):
    """The chain up to a position, at a time."""

    position: int
    hash: str
    sealed_at: datetime


def sign(head: Head, key: Ed25519PrivateKey) -> tuple[str, str]:
    """The key's name, and its signature in base64."""
    return key_id(key.public_key()), base64.b64encode(key.sign(_bytes(head))).decode()


def holds(head: Head, signature: str, key: Ed25519PublicKey) -> bool:
    """Whether the signature is this key's, of this head."""
    try:
        key.verify(base64.b64decode(signature, validate=True), _bytes(head))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _bytes(head: Head) -> bytes:
    at = head.sealed_at.astimezone(UTC).isoformat(timespec="microseconds")
    document = {"position": head.position, "hash": head.hash, "sealed_at": at}
    return PREFIX + json.dumps(document, sort_keys=True, separators=(",", ":")).encode("ascii")
