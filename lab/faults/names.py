"""Who plays in a history."""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

DIRECTORS = ("lb1", "lb2")
PEOPLE = ("operator", "approver", "emergency")
"""Their names are their roles."""


def own_key(name: str) -> Ed25519PrivateKey:
    """The same for a name in every history."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
