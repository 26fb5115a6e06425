"""`python -m lab.faults`: play histories, print what happened in them and whether a promise was broken.

    --histories N   so many by chance (default 10,000), each with its own seed, --first on
    --sweep         one history after the other with a single fault: every kind at every boundary
    --seed N        play one once more and tell all of it

Exit status 0 without a violation, 1 with one, 2 when it could not be played.
"""

import argparse
import itertools
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable

from lab.faults.boundaries import KINDS
from lab.faults.pool import Job, played
from lab.faults.setting import Setting

BROKEN = 1
SWEPT_RUNS = 3
"""So many runs write to a kernel in the history in which each single fault is tried."""


def main(arguments: list[str] | None = None) -> int:
    """Play them; the exit status."""
    options = _parser().parse_args(arguments)
    if options.seed is not None:
        return _tell(options.seed)
    began = time.monotonic()
    jobs: list[Job] = (
        list(_sweep())
        if options.sweep
        else [(options.first + n, None) for n in range(options.histories)]
    )
    histories, crossed, faults, broken = 0, 0, Counter[str](), 0
    for seed, boundaries, happened, violations in played(jobs, options.processes):
        histories += 1
        crossed += boundaries
        faults += happened
        broken += bool(violations)
        for text in violations:
            print(f"seed {seed}: {text}", flush=True)
        if histories % 500 == 0:
            print(f"{histories:,} of {len(jobs):,} histories, {broken} broken", flush=True)
    _summary(histories, crossed, faults, broken, time.monotonic() - began)
    return BROKEN if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab.faults", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--histories", type=int, default=10_000, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--sweep", action="store_true")
    parser.add_argument("--seed", type=int, metavar="N")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="N")
    return parser


def _summary(
    histories: int, crossed: int, faults: Counter[str], broken: int, seconds: float
) -> None:
    print(f"\n{histories:,} histories, {crossed:,} boundaries crossed, in {seconds:.0f} s")
    kinds: Counter[str] = Counter()
    for name, times in faults.items():
        kinds[name] += times
    for name, times in sorted(kinds.items(), key=lambda item: (-item[1], item[0])):
        print(f"{times:>9,}  {name}")
    print(f"{sum(faults.values()):>9,}  faults and events in all")
    print(f"{broken:>9,}  violations")
    if broken:
        print("One more time, with all that happens: python -m lab.faults --seed N")


def _sweep() -> Iterable[Job]:
    """One fault in each: every kind at every boundary of the first history in which enough is written."""
    with Setting() as setting:
        from lab.faults.history import QUIET, play

        logging.disable(logging.CRITICAL)
        for seed in itertools.count():
            quiet = play(setting, seed, QUIET)
            if quiet.written >= SWEPT_RUNS:
                break
    return [(seed, {number: kind}) for number in range(1, quiet.turned + 1) for kind in KINDS]


def _tell(seed: int) -> int:
    with Setting() as setting:
        from lab.faults.history import play

        violations = play(setting, seed, tell=print).violations
    print(*violations or ["No promise was broken."], sep="\n")
    return BROKEN if violations else 0


if __name__ == "__main__":
    if (
        "PYTHONHASHSEED" not in os.environ
    ):  # the order of a set must be the same when it is played again
        os.execve(
            sys.executable,
            [sys.executable, "-m", "lab.faults", *sys.argv[1:]],
            os.environ | {"PYTHONHASHSEED": "0"},
        )
    sys.exit(main())
