"""Running errands: open, check, do, answer. One at a time, and each at most once."""

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lvs.agent import streams
from lvs.agent.errand import Errand, ErrandKind, open_errand
from lvs.agent.errand_kinds import connections, fitness, script, zero_counters
from lvs.agent.reporter import Reporter
from lvs.agent.sealing import EnvelopeRefused
from lvs.documents import Document
from lvs.errors import LvsError
from lvs.state import StateFolder

logger = logging.getLogger(__name__)

REMEMBERED = 1000
"""Errands that are known to be done: one that comes twice is not done twice."""


class Errands:
    """The director's side of `lvs.errand`."""

    def __init__(
        self,
        director: str,
        keys: Mapping[str, Ed25519PublicKey],
        state: StateFolder,
        reporter: Reporter,
    ) -> None:
        self._director = director
        self._keys = keys
        self._state = state
        self._reporter = reporter
        self._done: deque[int] = deque(maxlen=REMEMBERED)
        self._kinds: dict[ErrandKind, Callable[[Document], Document]] = {
            "connections": connections,
            "doctor": partial(fitness, state),
            "script": partial(script, state),
            "zero": partial(zero_counters, state),
        }

    def receive(self, text: str) -> None:
        """Do what a sealed errand says, once. Raises nothing: whatever happens is answered or logged."""
        try:
            errand = open_errand(text, self._keys, time.time(), self._director)
        except EnvelopeRefused as refusal:
            # Nobody waits for it by this name: what it claims to be is not proven.
            logger.warning("refused an errand: %s", refusal.reason)
            return
        if errand.errand in self._done:
            logger.info("errand %d was done before", errand.errand)
            return
        self._done.append(errand.errand)
        logger.info("errand %d: %s", errand.errand, errand.kind)
        answer, error = self._run(errand)
        self._reporter.put(
            streams.errand_answered(
                self._director, time.time(), errand=errand.errand, answer=answer, error=error
            )
        )

    def _run(self, errand: Errand) -> tuple[Document, str]:
        run = {str(kind): run for kind, run in self._kinds.items()}.get(errand.kind)
        if run is None:
            return {}, f"This agent runs no errand “{errand.kind[:40]}”: update it"
        try:
            return run(errand.arguments), ""
        except LvsError as error:
            return {}, str(error)
        except Exception as error:
            logger.exception("errand %d met an error of the agent itself", errand.errand)
            kind = type(error).__name__
            return {}, f"The agent met an error of its own, see its log: {kind}"
