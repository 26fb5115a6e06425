"""The one door into a director: sealed texts are opened here, and only genuine ones go on."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lvs.agent import console_keys, envelope, errand, streams
from lvs.agent.console_keys import ConsoleKeys
from lvs.agent.errands import Errands
from lvs.agent.orders import Orders
from lvs.agent.reporter import Reporter
from lvs.agent.sealing import Document, EnvelopeRefused, check_address, open_body

logger = logging.getLogger(__name__)

KINDS: Mapping[str, Mapping[str, Any]] = {
    envelope.KIND: envelope.FIELDS,
    errand.KIND: errand.FIELDS,
    console_keys.KIND: console_keys.FIELDS,
}
"""What the console may send, with the fields of each. All have `director`, `identity` and their times."""


SAY_AGAIN_AFTER = 600.0
"""Seconds until the log says once more that the same was refused."""


class Me(NamedTuple):
    """Who this director is."""

    director: str
    """UUID, canonical text."""
    identity: str
    """`key_id` of its own key."""


def open_for(
    me: Me, text: str, keys: Mapping[str, Ed25519PublicKey], now: float
) -> tuple[str, Document]:
    """The type and the document of a sealed text that is genuine, complete, in time and for this director.

    keys: the console's public keys by `key_id`; now: unix seconds. Raises EnvelopeRefused.
    """
    kind, document = open_body(text, keys, KINDS)
    check_address(kind, document, me.director, me.identity, now)
    return kind, document


class Inbox:
    """Takes what Celery brings, and hands it to whom it is for."""

    def __init__(
        self, me: Me, keys: ConsoleKeys, orders: Orders, errands: Errands, reporter: Reporter
    ) -> None:
        self._me = me
        self._keys = keys
        self._reporter = reporter
        self._refused, self._said_at = "", float("-inf")
        """What the log was told last, and when."""
        self._takers: dict[str, Callable[[Document], None]] = {
            envelope.KIND: lambda document: orders.obey(envelope.order_of(document)),
            errand.KIND: lambda document: errands.run(errand.Errand(**document)),
            console_keys.KIND: keys.learn,
        }

    def receive(self, text: str) -> None:
        """Do what a sealed text says. Raises nothing: what is refused changes nothing and is reported."""
        try:
            kind, document = open_for(self._me, text, self._keys.trusted(), time.time())
            self._takers[kind](document)
        except EnvelopeRefused as refusal:
            self.refuse(refusal.reason, refusal.kind)

    def refuse(self, reason: str, kind: str = "") -> None:
        """Say that something was refused. kind: its type, "" where even that is not proven."""
        now = time.monotonic()
        if reason != self._refused or now - self._said_at > SAY_AGAIN_AFTER:  # orders come again
            logger.warning("refused: %s", reason)
            self._refused, self._said_at = reason, now
        report = streams.refused(self._me.director, time.time(), what=kind, reason=reason[:300])
        self._reporter.put(report)
