"""Sealed orders: what the console signs and a director obeys.

An envelope is JSON text `{"body", "key_id", "signature"}`. `body` is itself JSON text; the Ed25519
signature covers its exact bytes behind a fixed prefix that names the type and version, so a signature
made for anything else can't be used here. Nothing of the body is parsed before the signature holds.
"""

import base64
import binascii
import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from lvs.documents import Document, table_from_document

SCHEMA = 1
CLOCK_SKEW = 60.0
"""Seconds that the clocks of console and director may differ."""

_PREFIX = b"lvs.order.v1\n"


class EnvelopeRefused(Exception):
    """The envelope is not an order for this director, now. `reason` is one line for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Order:
    """An approved table for one director. Times are unix seconds."""

    director: str
    cluster: str
    """Its id at the console: a name can be changed, and given to another cluster."""
    revision: int
    run: int
    change: int
    digest: str
    """Of `table`: what was approved."""
    expected_digest: str
    """Of the services that the plan was made from: the owned ones, and those it takes over; "" = don't
    compare."""
    adopt: bool
    approval: Document
    """`{"change": number, "digest": …, "approvers": [names]}`."""
    not_before: float
    expires: float
    table: Document
    """As `lvs.model.table_to_document` gives it."""
    schema: int = SCHEMA


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


def seal(order: Order, private_key: Ed25519PrivateKey) -> str:
    """The order as sealed text, ready for `open_sealed`."""
    body = json.dumps(dataclasses.asdict(order), sort_keys=True, separators=(",", ":"))
    signature = private_key.sign(_PREFIX + body.encode())
    return _wrap(body, key_id(private_key.public_key()), signature)


def open_sealed(
    text: str, keys: Mapping[str, Ed25519PublicKey], now: float, director: str
) -> Order:
    """The order in the envelope, when it is genuine, complete, in time and for this director.

    keys: the console's public keys by `key_id`; now: unix seconds. Raises EnvelopeRefused.
    """
    body = _verified_body(text, keys)
    order = _order_from(body)
    if order.director != director:
        raise EnvelopeRefused(f"the order is for director {order.director}, not for this one")
    if now < order.not_before - CLOCK_SKEW:
        early = order.not_before - now
        raise EnvelopeRefused(f"the order is {early:.0f} s early: compare the clocks of both hosts")
    if now > order.expires + CLOCK_SKEW:
        late = now - order.expires
        raise EnvelopeRefused(
            f"the order expired {late:.0f} s ago: compare the clocks of both hosts"
        )
    _check_approval(order)
    return order


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


_TYPES: dict[str, type | tuple[type, ...]] = {
    "schema": int,
    "director": str,
    "cluster": str,
    "revision": int,
    "run": int,
    "change": int,
    "digest": str,
    "expected_digest": str,
    "adopt": bool,
    "approval": dict,
    "not_before": (int, float),
    "expires": (int, float),
    "table": dict,
}


def _order_from(body: str) -> Order:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise EnvelopeRefused(f"the order is not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise EnvelopeRefused(f"the order has another schema than {SCHEMA}: update the agent")
    if document.keys() != _TYPES.keys():
        names = ", ".join(sorted(document.keys() ^ _TYPES.keys()))
        raise EnvelopeRefused(f"the order has missing or unknown fields: {names}")
    for name, wanted in _TYPES.items():
        value = document[name]
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise EnvelopeRefused(f"the order's field “{name}” has the wrong type")
    return Order(**document)


def _check_approval(order: Order) -> None:
    approval = order.approval
    approvers = approval.get("approvers")
    if approval.get("digest") != order.digest or approval.get("change") != order.change:
        raise EnvelopeRefused("the approval is for another table than the order's")
    if not isinstance(approvers, list) or not approvers:
        raise EnvelopeRefused("the order names nobody who approved it")
    try:
        digest = table_from_document(order.table).digest
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EnvelopeRefused(f"the order's table can't be read: {error!r}") from None
    if digest != order.digest:
        raise EnvelopeRefused("the order's table is not the one that was approved")
