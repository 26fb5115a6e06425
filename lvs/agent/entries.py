"""Entries of a director's streams: signed with its own key, and numbered.

The signature covers the exact JSON text behind a prefix that names the stream, so that no report passes for a
sample, nor anything else that this key signed for either. A number rises with each entry of one life of the
agent: what was recorded and is sent once more is known by it.
"""

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from lvs.agent.shapes import BadMessage
from lvs.agent.streams import Message

TEXT, SIGNATURE = "m", "s"
"""The two fields of an entry."""

Stream = Literal["report", "sample"]


class NotGenuine(BadMessage):
    """An entry that the director's key did not sign."""


class Voice:
    """Makes the entries of one stream, in one life of the agent."""

    def __init__(self, stream: Stream, key: Ed25519PrivateKey) -> None:
        self._prefix = _prefix(stream)
        self._key = key
        self._session = secrets.token_hex(8)
        self._number = 0

    def entry(self, message: Message) -> dict[str, str]:
        """The message as the fields of the next entry. What is sent again has a number of its own."""
        self._number += 1
        numbered = message | {"session": self._session, "number": self._number}
        text = json.dumps(numbered, separators=(",", ":"))
        signature = self._key.sign(self._prefix + text.encode())
        return {TEXT: text, SIGNATURE: base64.b64encode(signature).decode()}


def genuine_text(
    stream: Stream, fields: Mapping[bytes, bytes], key: Ed25519PublicKey | None
) -> bytes:
    """The JSON text of an entry that was signed with the director's key. Raises NotGenuine.

    key None: the director is not enrolled, and nothing is believed.
    """
    if key is None:
        raise NotGenuine("it is not enrolled")
    text = fields.get(TEXT.encode(), b"")
    try:
        signature = base64.b64decode(fields.get(SIGNATURE.encode(), b""), validate=True)
        key.verify(signature, _prefix(stream) + text)
    except (InvalidSignature, binascii.Error, ValueError):
        raise NotGenuine("it is not signed with the key that it was enrolled with") from None
    return text


def _prefix(stream: Stream) -> bytes:
    return f"lvs.{stream}.v1\n".encode()
