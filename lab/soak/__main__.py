"""`python -m lab.soak [COUNT]`: give one agent COUNT orders (10,000) and see whether it grows.

Exit status 0 when it didn't, 1 when it did, 2 when it could not be measured.
"""

import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lab.kernel import LabError
from lab.machine import Lab
from lab.parts import PartFailed, end_on_signals
from lab.soak.agent import Agent, Usage
from lab.soak.console import Console
from lab.soak.measure import Soak, SoakFailed, soak
from lab.soak.protocol import configuration
from lab.soak.redis_server import redis_server

COUNT = 10_000
FAILED = 2


def main(count: int) -> int:
    """Soak, print the figures; the exit status."""
    warm_up = max(count // 10, 1)
    print(f"{count:,} orders after {warm_up:,} to warm up; this takes a while.", flush=True)
    with tempfile.TemporaryDirectory(prefix="lvs-soak-") as name:
        found = _soak(Path(name), warm_up, count)
    print(
        f"{found.orders:,} orders with {found.steps:,} steps in {found.seconds:.0f} s, all verified.\n"
        f"Memory {_in_words(found.before)} after {warm_up:,} orders, {_in_words(found.after)} at the end: "
        f"{found.grown_kb:+,} kB."
    )
    complaints = found.complaints()
    print(*(f"GROWN: {text}" for text in complaints), sep="\n", end="\n" if complaints else "")
    return bool(complaints)


def _soak(folder: Path, warm_up: int, count: int) -> Soak:
    key = Ed25519PrivateKey.generate()
    (folder / "guest").mkdir()
    with redis_server(folder) as port, Lab(folder / "guest", web=False) as lab:
        seen_there = f"redis://{lab.host_address}:{port}/0"
        agent = Agent(lab, configuration(key, seen_there, Path("/run/soak")))
        try:
            with Console(f"redis://127.0.0.1:{port}/0", key) as console:
                return soak(agent, console, warm_up=warm_up, count=count, tell=_tell)
        finally:
            agent.stop()


def _tell(done: int, usage: Usage) -> None:
    print(f"{done:>7,}  {_in_words(usage)}", flush=True)


def _in_words(usage: Usage) -> str:
    return f"{usage.memory_kb:,} kB and {usage.descriptors} open files"


if __name__ == "__main__":
    end_on_signals()
    try:
        sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else COUNT))
    except (SoakFailed, LabError, PartFailed, TimeoutError) as error:
        print(error, file=sys.stderr)
        sys.exit(FAILED)
