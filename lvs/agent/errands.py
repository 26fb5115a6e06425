"""Running errands: do, answer. One at a time, and each at most once."""

import logging
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from lvs.agent import streams
from lvs.agent.errand import Errand, ErrandKind
from lvs.agent.errand_kinds import connections, fitness, script, zero_counters
from lvs.agent.reporter import Reporter
from lvs.documents import Document
from lvs.errors import LvsError
from lvs.state import StateFolder

logger = logging.getLogger(__name__)

REMEMBERED = 1000
"""Errands that are known to be done: one that comes twice is not done twice."""


class Errands:
    """The director's side of what people ask of it."""

    def __init__(self, director: str, state: StateFolder, reporter: Reporter) -> None:
        self._director = director
        self._state = state
        self._reporter = reporter
        self._done: deque[int] = deque(maxlen=REMEMBERED)
        self._kinds: dict[ErrandKind, Callable[[Document], Document]] = {
            "connections": connections,
            "doctor": partial(fitness, state),
            "script": partial(script, state),
            "zero": partial(zero_counters, state),
        }

    def run(self, errand: Errand) -> None:
        """Do what a genuine errand says, once. Raises nothing: whatever happens is answered or logged."""
        if errand.errand in self._done:
            logger.info("errand %d was done before", errand.errand)
            return
        self._done.append(errand.errand)
        logger.info("errand %d: %s", errand.errand, errand.kind)
        answer, error = self._answer(errand)
        self._reporter.put(
            streams.errand_answered(
                self._director, time.time(), errand=errand.errand, answer=answer, error=error
            )
        )

    def _answer(self, errand: Errand) -> tuple[Document, str]:
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
