"""`make bench`: boot the lab, compare, print a table, write build/bench.json.

Exit status 0 when every bar is met, 1 when one is missed, 2 when it could not be measured.
"""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

from lab.bench.figures import Delays, Measured, Timed, figures, misses, table
from lab.kernel import LabError
from lab.machine import Lab

PROJECT = Path(__file__).resolve().parents[2]
RESULT = PROJECT / "build" / "bench.json"
ROUNDS = 5
APPROVALS = 100
"""Rounds of the approval: with fewer its p99 would be the slowest of all."""
MEMORY = "1G"
TIME_LIMIT = 900
"""Seconds for all works together."""
FAILED = 2


class BenchFailed(Exception):
    """Something could not be measured."""


def main() -> int:
    """Measure all; the exit status."""
    rounds = max(ROUNDS, int(os.environ.get("BENCH_ROUNDS", ROUNDS)))
    print(f"Measuring in the lab, {rounds} rounds of each: this takes some minutes.", flush=True)
    with Lab(memory=MEMORY, web=False) as lab:
        measured = _memory(lab)
        works = [Timed(**one) for one in json.loads(_run(lab, "lab.bench.inside", str(rounds)))]
    measured.append(_version_cpu())
    found = figures(works, measured, [_approvals(max(APPROVALS, rounds))])
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    print(table(found), end="")
    missed = misses(found)
    print(*(f"MISSED: {text}" for text in missed), sep="\n", end="\n" if missed else "")
    print(f"The figures are in {RESULT.relative_to(PROJECT)}.")
    return bool(missed)


def _run(lab: Lab, module: str, *arguments: str) -> str:
    """What a module prints that runs on the director. Raises BenchFailed."""
    argv = ["python", "-m", module, *arguments]
    done = lab.run(argv, cwd=PROJECT, env={"PYTHONPATH": str(PROJECT)}, timeout=TIME_LIMIT)
    if done.returncode:
        raise BenchFailed(f"{' '.join(argv)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _memory(lab: Lab) -> list[Measured]:
    planned, read = map(float, _run(lab, "lab.bench.memory").split())
    return [
        Measured("memory_100k_plan", "100,000 real servers: parse, model, plan", planned, "MB"),
        Measured("memory_100k", "the same, written and read back with counters", read, "MB"),
    ]


def _version_cpu() -> Measured:
    """Of this machine, not of the guest: there each page that is touched costs far more."""
    return Measured(
        "version_cpu",
        "processor time of `python -m lvs --version`",
        median(_cpu_seconds([sys.executable, "-m", "lvs", "--version"]) for _ in range(ROUNDS)),
        "s",
    )


def _approvals(rounds: int) -> Delays:
    """Of a whole console on PostgreSQL, whose commits wait for the disk; on SQLite where there is none."""
    server = [sys.executable, "-m", "lab.postgresql", "--durable", "--if-there"]
    argv = [*server, sys.executable, "-m", "lab.bench.approving", str(rounds)]
    done = subprocess.run(argv, cwd=PROJECT, stdout=subprocess.PIPE, text=True, timeout=TIME_LIMIT)
    if done.returncode:
        raise BenchFailed("the approval could not be measured")
    found = json.loads(done.stdout)
    what = (
        "from the approval of 100 other weights among 1,000 real servers until an open page shows the run "
        f"verified; the console on {found['database']}"
    )
    return Delays("approve_to_verified", what, found["seconds"])


def _cpu_seconds(argv: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, check=True, cwd=PROJECT, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BenchFailed, LabError) as error:
        print(error, file=sys.stderr)
        sys.exit(FAILED)
