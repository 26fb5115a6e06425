"""Sealing: what the console signs and a director believes.

A sealed text is JSON `{"body", "key_id", "signature"}`. `body` is itself JSON text; the Ed25519
signature covers its exact bytes behind a prefix that names what the body is, and its version, so that a
signature made for anything else can't be used here. Nothing of the body is parsed before the signature
holds.
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


class EnvelopeRefused(Exception):
    """The envelope is nothing for this director, now. `reason` is one line for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


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


def seal_body(prefix: bytes, document: dict[str, Any], private_key: Ed25519PrivateKey) -> str:
    """The document as sealed text of the kind that the prefix names."""
    body = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return _wrap(body, key_id(private_key.public_key()), private_key.sign(prefix + body.encode()))


def open_body(
    prefix: bytes, text: str, keys: Mapping[str, Ed25519PublicKey], types: Mapping[str, Any]
) -> dict[str, Any]:
    """The document in a sealed text that is genuine and has exactly the fields of `types`.

    keys: the console's public keys by `key_id`; types: `schema` too, whose value the caller checks.
    Raises EnvelopeRefused.
    """
    body = _verified_body(prefix, text, keys)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise EnvelopeRefused(f"the order is not JSON: {error}") from None
    _check_fields(document, types)
    return dict(document)


def check_times(not_before: float, expires: float, now: float) -> None:
    """Whether it is time, give or take the clocks' difference. Unix seconds. Raises EnvelopeRefused."""
    if not (math.isfinite(not_before) and math.isfinite(expires)):
        raise EnvelopeRefused("the order has no time at which it may be carried out")
    if now < not_before - CLOCK_SKEW:
        early = not_before - now
        raise EnvelopeRefused(f"the order is {early:.0f} s early: compare the clocks of both hosts")
    if now > expires + CLOCK_SKEW:
        late = now - expires
        raise EnvelopeRefused(
            f"the order expired {late:.0f} s ago: compare the clocks of both hosts"
        )


def _wrap(body: str, key_name: str, signature: bytes) -> str:
    wrapper = {
        "body": body,
        "key_id": key_name,
        "signature": base64.b64encode(signature).decode(),
    }
    return json.dumps(wrapper, separators=(",", ":"))


def _verified_body(prefix: bytes, text: str, keys: Mapping[str, Ed25519PublicKey]) -> str:
    try:
        body, name, signature = _unwrap(text)
        message = prefix + body.encode()
    except (ValueError, KeyError, TypeError, RecursionError):
        raise EnvelopeRefused("the message is not a sealed order") from None
    key = keys.get(name)
    if key is None:
        raise EnvelopeRefused(
            f"the order is signed with key “{name[:32]}”, which is not trusted here"
        )
    try:
        key.verify(signature, message)
    except InvalidSignature:
        raise EnvelopeRefused(
            "the signature does not fit: not from the console, or altered"
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
        # One order has one text: another spelling of the same wrapper was touched on its way.
        raise ValueError("not as it was sealed")
    return body, name, signature


def _check_fields(document: Any, types: Mapping[str, Any]) -> None:
    if not isinstance(document, dict) or document.get("schema") != types["schema"]:
        raise EnvelopeRefused(
            f"the order has another schema than {types['schema']}: update the agent"
        )
    if document.keys() != types.keys():
        names = ", ".join(sorted(document.keys() ^ types.keys()))
        raise EnvelopeRefused(f"the order has missing or unknown fields: {names}")
    for name, wanted in types.items():
        value = document[name]
        if name == "schema":
            continue
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise EnvelopeRefused(f"the order's field “{name}” has the wrong type")
