"""Many orders in a row, and what the agent holds after the first ones and after the last."""

import time
from collections.abc import Callable
from typing import NamedTuple

from lab.bench.tables import plain_table, with_weights
from lab.soak.agent import Agent, Usage
from lab.soak.console import Console
from lvs.model import Table

AHEAD = 20
"""Orders that wait in the queue, so that the agent never waits for us."""
TELL_EVERY = 1000
MOST_GROWTH_KB = 3 * 1024


class SoakFailed(Exception):
    """An order did not end as it should; the text says how."""


class Soak(NamedTuple):
    """What came of it."""

    orders: int
    """That were carried out and verified, in all."""
    steps: int
    """That the kernel took."""
    seconds: float
    before: Usage
    """After the warm-up: caches and pools are full by then."""
    after: Usage

    @property
    def grown_kb(self) -> int:
        """More memory than after the warm-up."""
        return self.after.memory_kb - self.before.memory_kb

    def complaints(self) -> list[str]:
        """A sentence for each thing that grew."""
        found = []
        if self.grown_kb > MOST_GROWTH_KB:
            found.append(f"memory grew by {self.grown_kb} kB, more than {MOST_GROWTH_KB} kB")
        if (more := self.after.descriptors - self.before.descriptors) > 0:
            found.append(f"{more} more files are open")
        return found


def tables() -> tuple[Table, ...]:
    """What the orders ask for in turn: all kinds of steps come, and each table differs from the next."""
    first = plain_table(10, 10)
    rescheduled = [service._replace(scheduler="wlc") for service in first.services]
    return (
        first,
        plain_table(10, 10, weight=5),
        plain_table(8, 12),
        first._replace(services=tuple(rescheduled)),
        with_weights(first, 7, 0),
    )


def soak(
    agent: Agent, console: Console, *, warm_up: int, count: int, tell: Callable[[int, Usage], None]
) -> Soak:
    """Give the agent `warm_up` orders and `count` more, and see that each is carried out and verified.

    tell: told now and then how far it is. Raises SoakFailed, and TimeoutError when the agent is silent.
    """
    began = time.monotonic()
    wanted = tables()
    last, sent, steps = warm_up + count, 0, 0
    before = usage = agent.usage()
    for done in range(1, last + 1):
        while sent < min(last, done + AHEAD):
            sent += 1
            console.order(wanted[sent % len(wanted)], sent)
        steps += _verified_steps(console, done)
        if done in (warm_up, last) or done % TELL_EVERY == 0:
            usage = agent.usage()
            tell(done, usage)
        if done == warm_up:
            before = usage
    return Soak(last, steps, time.monotonic() - began, before, usage)


def _verified_steps(console: Console, run: int) -> int:
    """How many steps this run took. Raises SoakFailed when it is not the next that ends, or not well."""
    end = console.next_end()
    if end.run != run or end.state != "verified" or not end.steps:
        raise SoakFailed(f"run {run} should be verified, but: {end}")
    return end.steps
