"""Errands: what the console asks of a director beside its table. They change no table.

A question (who is connected, is this host fit) or a small act (counters to zero), asked by one person
and answered once. An errand that is not taken in time is forgotten.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from lvs.agent.sealing import EnvelopeRefused, check_times, open_body, seal_body
from lvs.documents import Document

SCHEMA = 1
_PREFIX = b"lvs.errand.v1\n"

ErrandKind = Literal["connections", "doctor", "script", "zero"]
KINDS: tuple[ErrandKind, ...] = get_args(ErrandKind)


@dataclass(frozen=True)
class Errand:
    """One errand for one director. Times are unix seconds."""

    director: str
    errand: int
    """Its number at the console: the answer names it."""
    kind: str
    arguments: Document
    """What the kind needs, see `lvs.agent.errands`."""
    not_before: float
    expires: float
    schema: int = SCHEMA


_TYPES: dict[str, type | tuple[type, ...] | int] = {
    "schema": SCHEMA,
    "director": str,
    "errand": int,
    "kind": str,
    "arguments": dict,
    "not_before": (int, float),
    "expires": (int, float),
}


def seal_errand(errand: Errand, private_key: Ed25519PrivateKey) -> str:
    """The errand as sealed text, ready for `open_errand`."""
    return seal_body(_PREFIX, dataclasses.asdict(errand), private_key)


def open_errand(
    text: str, keys: Mapping[str, Ed25519PublicKey], now: float, director: str
) -> Errand:
    """The errand in a sealed text, when it is genuine, complete, in time and for this director.

    keys: the console's public keys by `key_id`; now: unix seconds. Raises EnvelopeRefused.
    """
    errand = Errand(**open_body(_PREFIX, text, keys, _TYPES))
    if errand.director != director:
        raise EnvelopeRefused(f"the errand is for director {errand.director}, not for this one")
    check_times(errand.not_before, errand.expires, now)
    return errand
