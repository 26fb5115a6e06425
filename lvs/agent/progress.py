"""Telling how a run goes, as it goes."""

import time

from lvs.agent import streams
from lvs.agent.envelope import Order
from lvs.agent.reporter import Reporter
from lvs.agent.streams import Message, RunState
from lvs.apply import Outcome, StepResult
from lvs.plan import AnyStep

COALESCE = 0.1
"""Seconds during which step results are gathered into one report."""


class Progress:
    """Reports of one run. Step results are gathered, so that ten thousand steps make few reports; those that
    are not told when the run ends come with its end, for which people wait.
    """

    def __init__(self, director: str, order: Order, reporter: Reporter) -> None:
        self._director = director
        self._order = order
        self._reporter = reporter
        self._described: list[Message] = []
        self._results: list[StepResult] = []
        self._told = 0
        self._told_at = time.monotonic()

    def plan(self, steps: tuple[AnyStep, ...]) -> None:
        """The run begins, with these steps."""
        self._described = [{"text": step.text(), "command": step.command()} for step in steps]
        self._told_at = time.monotonic()
        self._reporter.put(
            streams.run_started(
                self._director,
                time.time(),
                run=self._order.run,
                revision=self._order.revision,
                steps=self._described,
            )
        )

    def step(self, result: StepResult) -> None:
        """One step ended."""
        self._results.append(result)
        if time.monotonic() - self._told_at >= COALESCE:
            self._tell()

    def came_to(self, outcome: Outcome) -> Message:
        """The end of the run as `apply_table` saw it."""
        state: RunState = "verified" if outcome.state == "unchanged" else outcome.state
        return self._end(state, outcome.code, outcome.error, outcome.digest, outcome.results)

    def broken_off(self, error: str, *, wrote: bool) -> Message:
        """The end of a run that stopped by an error. wrote: whether it may have written something."""
        return self._end("partial" if wrote else "failed", "", error, "", ())

    def ended(
        self, state: RunState, *, error: str = "", digest: str = "", already: bool = False
    ) -> Message:
        """The end of a run that needed no steps."""
        return streams.run_finished(
            self._director,
            time.time(),
            run=self._order.run,
            revision=self._order.revision,
            state=state,
            error=error,
            digest=digest,
            already=already,
        )

    def _end(
        self,
        state: RunState,
        code: str,
        error: str,
        digest: str,
        results: tuple[StepResult, ...],
    ) -> Message:
        by_index = {result.index: result for result in (*self._results, *results)}
        return streams.run_finished(
            self._director,
            time.time(),
            run=self._order.run,
            revision=self._order.revision,
            state=state,
            code=code,
            error=error,
            digest=digest,
            steps=[
                step | _ended(by_index.get(index, StepResult(index, "skipped")))
                for index, step in enumerate(self._described)
            ],
        )

    def _tell(self) -> None:
        news = self._results[self._told :]
        results = [{"index": result.index} | _ended(result) for result in news]
        self._reporter.put(
            streams.run_steps(self._director, time.time(), run=self._order.run, results=results)
        )
        self._told = len(self._results)
        self._told_at = time.monotonic()


def _ended(result: StepResult) -> Message:
    return {"state": result.state, "error": result.error}
