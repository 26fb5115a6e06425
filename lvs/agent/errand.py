"""Errands: what the console asks of a director beside its table. They change no table.

A question (who is connected, is this host fit) or a small act (counters to zero), asked by one person
and answered once. An errand that is not taken in time is forgotten.
"""

import dataclasses
from dataclasses import dataclass
from typing import Literal, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lvs.agent.sealing import seal_body
from lvs.documents import Document

KIND = "errand"
SCHEMA = 2

ErrandKind = Literal["connections", "doctor", "script", "zero"]
KINDS: tuple[ErrandKind, ...] = get_args(ErrandKind)


@dataclass(frozen=True)
class Errand:
    """One errand for one director. Times are unix seconds."""

    director: str
    identity: str
    """As that of an order."""
    errand: int
    """Its number at the console: the answer names it."""
    kind: str
    arguments: Document
    """What the kind needs, see `lvs.agent.errands`."""
    not_before: float
    expires: float
    schema: int = SCHEMA


FIELDS: dict[str, type | tuple[type, ...] | int] = {
    "schema": SCHEMA,
    "director": str,
    "identity": str,
    "errand": int,
    "kind": str,
    "arguments": dict,
    "not_before": (int, float),
    "expires": (int, float),
}


def seal_errand(errand: Errand, private_key: Ed25519PrivateKey) -> str:
    """The errand as sealed text, ready for `lvs.agent.inbox`."""
    return seal_body(KIND, dataclasses.asdict(errand), private_key)
