"""The invitation of a director: the code that its administrator carries from the console to the host.

From the code's secret both sides derive a key and a password of Redis. The console keeps only the public key
and the password's hash, so that nobody who reads its database can use an invitation.
"""

import base64
import binascii
import hashlib
import json
import re
import secrets
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lvs.agent.config import without_user
from lvs.agent.sealing import public_key_from_text

ASKED, ANSWERED = "enrol", "enrolled"
"""What the host asks, and what the console answers: the types of two sealed texts."""
SCHEMA = 1

ASK_FIELDS: dict[str, Any] = {
    "schema": SCHEMA,
    "director": str,
    "key": str,
    "password_hash": str,
    "hostname": str,
    "agent_version": str,
}
"""key: base64 of the director's public key; password_hash: SHA-256, hex, of the password that it chose."""

ANSWER_FIELDS: dict[str, Any] = {
    "schema": SCHEMA,
    "director": str,
    "identity": str,
    "name": str,
    "console_keys": list,
    "error": str,
}
"""identity: `key_id` of the key that was asked for; error: why it is not enrolled, "" where it is."""


class BadCode(ValueError):
    """The text is no invitation; the text of the error says so in one line."""


def director_user(director: str) -> str:
    """The Redis user of an enrolled director."""
    return f"lvs-{director}"


def invited_user(director: str) -> str:
    """The Redis user of a host that is about to become the director."""
    return f"lvs-enrol-{director}"


def password_hash(password: str) -> str:
    """As Redis keeps it: `ACL SETUSER name #HASH`."""
    return hashlib.sha256(password.encode()).hexdigest()


@dataclass(frozen=True)
class Invitation:
    """What a host must know to become a director."""

    director: str
    """UUID, canonical text."""
    secret: bytes
    console_key: str
    """Base64: whom to believe."""
    redis_url: str
    """Without user and password."""

    @classmethod
    def make(cls, director: str, console_key: str, redis_url: str) -> "Invitation":
        """A new one, with a secret of its own."""
        return cls(director, secrets.token_bytes(32), console_key, redis_url)

    @classmethod
    def from_code(cls, code: str) -> "Invitation":
        """The inverse of `code`. Raises BadCode."""
        try:
            version, director, secret, console_key, redis_url = json.loads(_decoded(code.strip()))
            if version != SCHEMA or not all(
                isinstance(text, str) for text in (director, secret, console_key, redis_url)
            ):
                raise ValueError("another version")
            public_key_from_text(console_key)
            director, decoded = str(uuid.UUID(director)), _decoded(secret)
        except (ValueError, TypeError, binascii.Error, RecursionError):
            raise BadCode(
                "This is no invitation, or not all of it: copy the command from the console once more"
            ) from None
        return cls(director, decoded, console_key, usable_address(redis_url))

    @property
    def place(self) -> str:
        """Where Redis is, for people: host and port."""
        parts = urlsplit(self.redis_url)
        return parts.netloc if parts.port else f"{parts.netloc.rstrip(':')}:6379"

    @property
    def code(self) -> str:
        """One word for a command line."""
        parts = [SCHEMA, self.director, _encoded(self.secret), self.console_key, self.redis_url]
        return _encoded(json.dumps(parts, separators=(",", ":")).encode())

    @property
    def key(self) -> Ed25519PrivateKey:
        """What signs the host's request."""
        return Ed25519PrivateKey.from_private_bytes(self._derived(b"lvs.invitation.key\n"))

    @property
    def password(self) -> str:
        """Of the Redis user that carries the request."""
        return self._derived(b"lvs.invitation.redis\n").hex()

    def _derived(self, purpose: bytes) -> bytes:
        return hashlib.sha256(purpose + self.secret).digest()


def usable_address(url: str) -> str:
    """Of Redis, without user and password. Raises BadCode when no agent could use it.

    What stands behind a question mark could switch off the check of certificates.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        host.encode("idna")
        valid = (
            parts.scheme in {"redis", "rediss"}
            and re.fullmatch(r"[^\s\x00-\x1f]+", host)
            and parts.port != 0
            and re.fullmatch(r"/?[0-9]*", parts.path)
            and not parts.query + parts.fragment
        )
    except ValueError:
        valid = False
    if not valid:  # it may hold a password: don't repeat it
        raise BadCode(
            "The invitation names no address of Redis that can be used. At the console, "
            "LVS_DIRECTOR_REDIS_URL must look like redis://host:6379/0 (rediss:// with TLS); then make "
            "a new invitation"
        )
    return without_user(url)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    if not text.isascii():
        raise ValueError("not ASCII")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
