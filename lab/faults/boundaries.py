"""Where a process reaches outside of itself, and what may happen to it there."""

import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

KINDS = ("killed before", "killed after", "refused", "answer lost", "another's turn")
"""What may happen at a boundary: the process dies before or after the deed; the deed fails; it is done and
seems to have failed; another process has its turn first."""


class Killed(BaseException):
    """The process is gone: nothing that it would still do takes place."""


class Process:
    """Something that is played and can die. `offset`: how far its host's clock is ahead."""

    def __init__(self, name: str, uses_database: bool) -> None:
        self.name = name
        self.uses_database = uses_database
        self.alive = True
        self.offset = 0.0


class Boundaries:
    """Asks at each boundary whether something happens there.

    plan: a kind of fault by the number of the boundary; rate: of all others, how often one comes by chance.
    """

    def __init__(self, rng: random.Random, rate: float, plan: dict[int, str] | None = None) -> None:
        self.rng = rng
        self.rate = rate
        self.plan = plan or {}
        self.crossed = 0
        self.faults: Counter[str] = Counter()
        self.current: Process | None = None
        self.quiet = False
        """While the world heals, or is looked at, nothing happens."""
        self.down: set[str] = set()
        """What nobody can reach or write to now: `redis`, `database`, `disk`."""
        self.another: Callable[[], None] = lambda: None
        """Gives another process its turn."""
        self.may_yield: Callable[[], bool] = lambda: True
        self.tick: Callable[[], None] = lambda: None
        self.redis_clock: Callable[[], float] = time.time
        """Unix seconds, by the clock of Redis."""
        self.entries = 0
        """So many were added to streams."""
        self.tell: Callable[[str], None] = lambda text: None
        """Told of everything that happens, for who plays a history again."""

    def entry_id(self) -> str:
        """Of the next entry of a stream, as Redis would name it at this time."""
        self.entries += 1
        return f"{int(self.redis_clock() * 1000)}-{self.entries}"

    def cross(
        self, place: str, deed: Callable[[], T], error: Callable[[], BaseException] | None = None
    ) -> T:
        """Do the deed, unless something happens. place: as `redis xadd`; error: how it fails."""
        process = self.current
        if process is None:
            return deed()
        if not process.alive:
            raise Killed
        self.tick()
        if place.split(" ", maxsplit=1)[0] in self.down and error is not None:
            raise error()
        return self._happen(self._kind(place, error is not None), process, deed, error)

    def _happen(
        self,
        kind: str,
        process: Process,
        deed: Callable[[], T],
        error: Callable[[], BaseException] | None,
    ) -> T:
        match kind:
            case "killed before":
                process.alive = False
                raise Killed
            case "killed after":
                deed()
                process.alive = False
                raise Killed
            case "refused":
                assert error is not None
                raise error()
            case "answer lost":
                assert error is not None
                deed()
                raise error()
            case "another's turn":
                self.another()
                if not process.alive:
                    raise Killed
        return deed()

    def _kind(self, place: str, can_fail: bool) -> str:
        self.crossed += 1
        if self.quiet:
            return ""
        kind = self.plan.get(self.crossed, "")
        if not kind and self.rng.random() < self.rate:
            kind = self.rng.choice(KINDS)
        if kind in ("refused", "answer lost") and not can_fail:
            return ""
        # A transaction is its process's own, to the end of its commit.
        if kind == "another's turn" and (place.startswith("database") or not self.may_yield()):
            return ""
        if kind:
            self.faults[f"{place}: {kind}"] += 1
            self.tell(f"    {self.crossed} {place}: {kind}")
        return kind


class Here:
    """The boundaries of the history that is being played: what was patched once asks it."""

    now: Boundaries | None = None


def cross(place: str, deed: Callable[[], T], error: Callable[[], Any] | None = None) -> T:
    """Cross a boundary of the history that is being played; without one the deed is just done."""
    return deed() if Here.now is None else Here.now.cross(place, deed, error)
