"""What became of each step of a run."""

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Literal, NamedTuple

from lvs.errors import KernelRefusal
from lvs.model import ServiceKey
from lvs.named_tuples import all_of
from lvs.plan import AnyStep, Step

StepState = Literal["done", "failed", "skipped"]


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
        self._results: dict[int, StepResult] = {}

    def answered(self, indexes: range, problem: KernelRefusal | None) -> None:
        """The kernel did the steps, or refused one."""
        if problem is None:
            self._add(list(all_of(StepResult, indexes, repeat("done"), repeat(""))))
            return
        self.refusal = self.refusal or problem
        self._add([StepResult(index, "failed", problem.reason) for index in indexes])

    def judge_lost(self, remaining: Iterable[AnyStep], reason: str) -> None:
        """Answers were lost: a step is done if the kernel, read since, no longer needs it.

        remaining: the plan from what the kernel holds now.
        """
        needed = {step.identity for step in remaining}
        error = reason
        for index, step in enumerate(self.steps):
            if index in self._results:
                continue
            if step.identity not in needed:
                self._add([StepResult(index, "done")])
            elif error:
                self._add([StepResult(index, "failed", error)])
                error = ""  # those after it count as not tried

    def results(self) -> tuple[StepResult, ...]:
        """One for each step; those that weren't tried are skipped."""
        found = self._results
        return tuple([found.get(n) or StepResult(n, "skipped") for n in range(len(self.steps))])

    @property
    def written(self) -> bool:
        """Whether anything was done at all."""
        return any(result.state == "done" for result in self._results.values())

    def services(self, kind: Literal["add service", "delete service"]) -> frozenset[ServiceKey]:
        """The services that were added or deleted."""
        return frozenset(
            step.service.key
            for result in self._results.values()
            if result.state == "done"
            and isinstance(step := self.steps[result.index], Step)
            and step.kind == kind
        )

    def _add(self, results: list[StepResult]) -> None:
        self._results |= {result[0]: result for result in results}
        if self._on_step is not None:
            for result in results:
                self._on_step(result)
