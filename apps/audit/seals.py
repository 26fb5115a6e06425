"""What a seal signs, and who signed it: pure."""

import hashlib
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from apps.audit.models import AuditSeal


def sealed_bytes(position: int, link_hash: str, at: datetime) -> bytes:
    """The bytes under a seal's signature."""
    when = at.astimezone(UTC).isoformat(timespec="microseconds")
    return f"lvsconsole audit seal\n{position}\n{link_hash}\n{when}\n".encode("ascii")


def key_id_of(key: Ed25519PublicKey) -> str:
    """A short name of the key: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def is_genuine(seal: AuditSeal, key: Ed25519PublicKey) -> bool:
    """Whether this key signed the seal as it stands."""
    try:
        signature = bytes.fromhex(seal.signature)
        key.verify(signature, sealed_bytes(seal.position, seal.hash, seal.sealed_at))
    except (ValueError, InvalidSignature):
        return False
    return True
