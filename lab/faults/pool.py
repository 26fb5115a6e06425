"""Playing histories in processes of their own, side by side."""

import gc
import logging
import multiprocessing
import traceback
from collections import Counter
from collections.abc import Iterator
from multiprocessing.util import Finalize

from lab.faults.setting import Setting

TOGETHER = 25
"""Histories that one process plays at a time."""

STUCK = 300.0
"""Seconds without an end of any, after which some history waits for ever: many times what TOGETHER take."""

Job = tuple[int, dict[int, str] | None]
"""A seed, and the faults that it is played with; None = by chance."""
Told = tuple[int, int, Counter[str], list[str]]
"""The seed, boundaries crossed, faults by their kind, violations."""

_setting: Setting | None = None


def played(jobs: list[Job], processes: int) -> Iterator[Told]:
    """Each history as it ends, in no order. Raises TimeoutError when one does not end."""
    parts = [jobs[start : start + TOGETHER] for start in range(0, len(jobs), TOGETHER)]
    context = multiprocessing.get_context("spawn")
    pool = context.Pool(processes, initializer=_begin)
    try:
        together = pool.imap_unordered(_play_all, parts)
        for _ in parts:
            yield from together.next(timeout=STUCK)
        pool.close()  # each ends by itself, and gives back what it had
        pool.join()
    finally:
        pool.terminate()


def _begin() -> None:
    global _setting  # noqa: PLW0603  # one for each process of the pool
    logging.disable(logging.CRITICAL)
    gc.disable()
    _setting = Setting().__enter__()
    gc.freeze()  # what is there now stays: no collection need look at it
    Finalize(None, _setting.__exit__, args=(None, None, None), exitpriority=10)


def _play_all(jobs: list[Job]) -> list[Told]:
    gc.collect()  # here, and not in the middle of each history
    return [_play(seed, plan) for seed, plan in jobs]


def _play(seed: int, plan: dict[int, str] | None) -> Told:
    from lab.faults.history import play

    assert _setting is not None
    try:
        return play(_setting, seed, plan)[:4]
    except (
        Exception
    ):  # nobody catches it where it would be caught: a fault of the code, or of the history
        return seed, 0, Counter(), [f"an error ended it: {traceback.format_exc()}"]
