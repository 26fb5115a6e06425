"""What became of each step of a run."""

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Literal, NamedTuple

from lvs.errors import KernelRefusal
from lvs.model import ServiceKey
from lvs.named_tuples import all_of
from lvs.plan import AnyStep, Step

StepState = Literal["done", "failed", "skipped"]
MAYBE_DONE = "it may have been done all the same"
"""How the error of a step ends of which that is not known."""


class StepResult(NamedTuple):
    """How one step of the plan ended; `error` is "" unless it failed."""

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody asks a result for
    state: StepState
    error: str = ""


OnStep = Callable[[StepResult], None]


class StepLog:
    """Collects the results of a run and passes each on as it comes."""

    def __init__(self, steps: tuple[AnyStep, ...], on_step: OnStep | None) -> None:
        self.steps = steps
        self.refusal: KernelRefusal | None = None
        """The first one."""
        self._on_step = on_step
        self._results: list[StepResult | None] = [None] * len(steps)
        """By the step's index; None as long as it isn't known."""

    def answered(self, indexes: range, problem: KernelRefusal | None) -> None:
        """The kernel did the steps, or refused one."""
        if problem is None:
            self._add(indexes, repeat("done"), repeat(""))
            return
        self.refusal = self.refusal or problem
        self._add(indexes, repeat("failed"), repeat(problem.reason))

    def judge_lost(self, remaining: Iterable[AnyStep], reason: str) -> None:
        """Answers were lost: a step is done if the kernel, read since, no longer needs it.

        remaining: the plan from what the kernel holds now.
        """
        needed = {step.identity for step in remaining}
        error = reason
        for index, step in enumerate(self.steps):
            if self._results[index] is not None:
                continue
            alone = range(index, index + 1)
            if step.identity not in needed:
                self._add(alone, ["done"], [""])
            elif error:
                self._add(alone, ["failed"], [error])
                error = ""  # those after it count as not tried

    def doubt(self, reason: str) -> None:
        """Answers were lost, and the kernel could not be read since: of the steps that were on their way with
        them nobody knows whether they are done."""
        unanswered = [index for index, result in enumerate(self._results) if result is None]
        for index in unanswered:
            if self.steps[index].kind != self.steps[unanswered[0]].kind:
                break  # those of another kind were not sent before
            self._add(range(index, index + 1), ["failed"], [f"{reason}: {MAYBE_DONE}"])

    def results(self) -> tuple[StepResult, ...]:
        """One for each step; those that weren't tried are skipped."""
        found = enumerate(self._results)
        return tuple([result or StepResult(index, "skipped") for index, result in found])

    @property
    def written(self) -> bool:
        """Whether anything was done at all."""
        return any(result is not None and result.state == "done" for result in self._results)

    def services(self, kind: Literal["add service", "delete service"]) -> frozenset[ServiceKey]:
        """The services that were added or deleted."""
        return frozenset(
            step.service.key
            for step, result in zip(self.steps, self._results, strict=True)
            if isinstance(step, Step)
            and step.kind == kind
            and result is not None
            and result.state == "done"
        )

    def _add(self, indexes: range, states: Iterable[StepState], errors: Iterable[str]) -> None:
        results = list(all_of(StepResult, indexes, states, errors))
        self._results[indexes.start : indexes.stop] = results
        if self._on_step is not None:
            for result in results:
                self._on_step(result)
