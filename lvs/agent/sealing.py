"""Sealing: what one side signs and the other believes.

A sealed text is JSON `{"body", "key_id", "signature"}`. `body` is itself JSON text that names its type and
schema; the Ed25519 (RFC 8032) signature covers its exact bytes behind a prefix, so that a signature made
for anything but a sealed text can't be used here. Nothing of the body is parsed before the signature holds.
"""

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

CLOCK_SKEW = 60.0
"""Seconds that the clocks of console and director may differ."""

_PREFIX = b"lvs.sealed.v2\n"

Document = dict[str, Any]


class EnvelopeRefused(Exception):
    """The envelope is nothing for this director, now.

    reason: one line for people; kind: the type of what was sealed, "" while it is not proven.
    """

    def __init__(self, reason: str, kind: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind


def key_id(key: Ed25519PublicKey) -> str:
    """The name of a key: the first 16 hex digits of the SHA-256 of its raw 32 bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def public_key_to_text(key: Ed25519PublicKey) -> str:
    """The key as it stands in an agent's configuration: base64 of its raw 32 bytes."""
    return base64.b64encode(key.public_bytes_raw()).decode()


def public_key_from_text(text: str) -> Ed25519PublicKey:
    """The inverse of `public_key_to_text`. Raises ValueError when the text is no such key."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise ValueError("it must be the base64 text of an Ed25519 public key (32 bytes)") from None


def private_key_to_text(key: Ed25519PrivateKey) -> str:
    """A private key as it stands in an agent's configuration: base64 of its raw 32 bytes."""
    return base64.b64encode(key.private_bytes_raw()).decode()


def private_key_from_text(text: str) -> Ed25519PrivateKey:
    """The inverse of `private_key_to_text`. Raises ValueError when the text is no such key."""
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))


def seal_body(kind: str, document: Document, private_key: Ed25519PrivateKey) -> str:
    """The document as sealed text of this type."""
    body = json.dumps({"type": kind} | document, sort_keys=True, separators=(",", ":"))
    return _wrap(body, key_id(private_key.public_key()), private_key.sign(_PREFIX + body.encode()))


def open_body(
    text: str, keys: Mapping[str, Ed25519PublicKey], kinds: Mapping[str, Mapping[str, Any]]
) -> tuple[str, Document]:
    """The type of a sealed text that is genuine, and the document in it, which has exactly its fields.

    keys: whom to believe, by `key_id`; kinds: the fields of each type that is known here, with their Python
    types, and `schema` with its value. Raises EnvelopeRefused.
    """
    body = _verified_body(text, keys)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise EnvelopeRefused(f"what was sealed is not JSON: {error}") from None
    kind = document.pop("type", None) if isinstance(document, dict) else None
    if not isinstance(kind, str) or kind not in kinds:
        raise EnvelopeRefused(
            "what was sealed is of a type that is not known here: update the agent"
        )
    _check_fields(kind, document, kinds[kind])
    return kind, document


def check_address(kind: str, document: Document, director: str, identity: str, now: float) -> None:
    """Whether it is for this director as it was enrolled, and time, give or take the clocks' difference.

    identity: `key_id` of the director's own key; now: unix seconds, as `not_before` and `expires`.
    Raises EnvelopeRefused.
    """
    if document["director"] != director:
        raise EnvelopeRefused(
            f"the {kind} is for director {document['director'][:36]}, not for this one", kind
        )
    if document["identity"] != identity:
        raise EnvelopeRefused(f"the {kind} is for this director as it was enrolled before", kind)
    not_before, expires = document["not_before"], document["expires"]
    if not (math.isfinite(not_before) and math.isfinite(expires)):
        raise EnvelopeRefused(f"the {kind} has no time at which it may be carried out", kind)
    if now < not_before - CLOCK_SKEW:
        early = not_before - now
        raise EnvelopeRefused(
            f"the {kind} is {early:.0f} s early: compare the clocks of both hosts", kind
        )
    if now > expires + CLOCK_SKEW:
        late = now - expires
        raise EnvelopeRefused(
            f"the {kind} expired {late:.0f} s ago: compare the clocks of both hosts", kind
        )


def _wrap(body: str, key_name: str, signature: bytes) -> str:
    wrapper = {
        "body": body,
        "key_id": key_name,
        "signature": base64.b64encode(signature).decode(),
    }
    return json.dumps(wrapper, separators=(",", ":"))


def _verified_body(text: str, keys: Mapping[str, Ed25519PublicKey]) -> str:
    try:
        body, name, signature = _unwrap(text)
        message = _PREFIX + body.encode()
    except (ValueError, KeyError, TypeError, RecursionError):
        raise EnvelopeRefused("the message is not a sealed text") from None
    key = keys.get(name)
    if key is None:
        raise EnvelopeRefused(
            f"it is signed with key “{name[:32]}”, which is not trusted here. Where that is the console's "
            "key now, enrol this host anew"
        )
    try:
        key.verify(signature, message)
    except InvalidSignature:
        raise EnvelopeRefused(
            "the signature does not fit: not from whom it names, or altered"
        ) from None
    return body


def _unwrap(text: str) -> tuple[str, str, bytes]:
    """Body, key id and signature. Raises ValueError, KeyError, TypeError or RecursionError."""
    wrapper = json.loads(text)
    body, name = wrapper["body"], wrapper["key_id"]
    if not isinstance(body, str) or not isinstance(name, str):
        raise TypeError("body and key_id are texts")
    signature = base64.b64decode(wrapper["signature"], validate=True)
    if _wrap(body, name, signature) != text:
        # What was sealed has one text: another spelling of the same wrapper was touched on its way.
        raise ValueError("not as it was sealed")
    return body, name, signature


def _check_fields(kind: str, document: Document, types: Mapping[str, Any]) -> None:
    if document.get("schema") != types["schema"]:
        raise EnvelopeRefused(
            f"the {kind} has another schema than {types['schema']}: update the agent", kind
        )
    if document.keys() != types.keys():
        names = ", ".join(sorted(document.keys() ^ types.keys()))
        raise EnvelopeRefused(f"the {kind} has missing or unknown fields: {names[:200]}", kind)
    for name, wanted in types.items():
        value = document[name]
        if name == "schema":
            continue
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise EnvelopeRefused(f"the {kind}'s field “{name}” has the wrong type", kind)
