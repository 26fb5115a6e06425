"""Making the kernel hold a table: lock, read, plan, write, read back, verify."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from lvs.model import ServiceKey, Table
from lvs.netlink.kernel import Kernel
from lvs.plan import Step
from lvs.state import Journal, State, StateFolder


class StepResult(NamedTuple):
    """How one step of the plan ended; `error` is "" unless it failed."""

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody asks a result for
    state: Literal["done", "failed", "skipped"]
    error: str = ""


class Outcome(NamedTuple):
    """How an apply ended, as the kernel was read afterwards."""

    state: Literal["verified", "unchanged", "failed", "partial"]
    code: Literal["", "conflict", "moved", "refused", "differs"]
    error: str
    steps: tuple[Step, ...]
    results: tuple[StepResult, ...]
    digest: str
    """Of the owned services now in the kernel."""


class Observation(NamedTuple):
    """One stable reading of the kernel, and which of it is ours."""

    table: Table
    owned: frozenset[ServiceKey]
    owned_digest: str


def observe(kernel: Kernel, state: State) -> Observation:
    """What the kernel holds now. Raises as `Kernel.read_stable_table` does."""
    table = kernel.read_stable_table()
    owned = table.only(state.owned)
    return Observation(table, frozenset(owned.by_key()), owned.digest)


def apply_table(
    desired: Table,
    *,
    state: StateFolder,
    adopt: bool = False,
    expected_digest: str | None = None,
    journal: Journal | None = None,
    revision: int = 0,
    on_plan: Callable[[tuple[Step, ...]], None] | None = None,
    on_step: Callable[[StepResult], None] | None = None,
) -> Outcome:
    """Signature only so far."""
    raise NotImplementedError
