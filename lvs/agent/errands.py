"""Running errands: do, answer. One at a time, and each act at most once."""

import logging
import time
from collections.abc import Callable
from functools import partial

from lvs.agent import streams
from lvs.agent.done_errands import DoneErrands
from lvs.agent.errand import Errand, ErrandKind
from lvs.agent.errand_kinds import connections, fitness, script, zero_counters
from lvs.agent.reporter import Reporter
from lvs.documents import Document
from lvs.errors import LvsError
from lvs.state import StateFolder

logger = logging.getLogger(__name__)

ACTS: frozenset[ErrandKind] = frozenset({"zero"})
"""Kinds that change something; the others only look."""


class Errands:
    """The director's side of what people ask of it."""

    def __init__(self, director: str, state: StateFolder, reporter: Reporter) -> None:
        self._director = director
        self._state = state
        self._reporter = reporter
        self._done = DoneErrands(state.path)
        self._kinds: dict[ErrandKind, Callable[[Document], Document]] = {
            "connections": connections,
            "doctor": partial(fitness, state),
            "script": partial(script, state),
            "zero": partial(zero_counters, state),
        }

    def run(self, errand: Errand) -> None:
        """Do what a genuine errand says, once. Raises nothing: whatever happens is answered or logged."""
        answer: Document | None = {}
        try:
            answer, error = self._answer(errand), ""
        except LvsError as refusal:
            error = str(refusal)
        except Exception as own:
            logger.exception("errand %d met an error of the agent itself", errand.errand)
            error = f"The agent met an error of its own, see its log: {type(own).__name__}"
        if answer is None:
            logger.info("errand %d was done before", errand.errand)
            return
        self._reporter.put(
            streams.errand_answered(
                self._director, time.time(), errand=errand.errand, answer=answer, error=error
            )
        )

    def _answer(self, errand: Errand) -> Document | None:
        """What came of it; None where it came before. Raises what it raises."""
        run = {str(kind): run for kind, run in self._kinds.items()}.get(errand.kind)
        act = errand.kind in ACTS
        if self._done.known(errand, act=act):
            return None
        self._done.note(errand, act=act)
        logger.info("errand %d: %s", errand.errand, errand.kind)
        if run is None:
            raise LvsError(f"This agent runs no errand “{errand.kind[:40]}”: update it")
        return run(errand.arguments)
