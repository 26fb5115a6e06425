"""An agent's worker whose orders take a while and leave a line each."""

import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from lvs.agent.worker import make_app, run_worker
from tests.identities import config

DIRECTOR = "11111111-2222-3333-4444-555555555555"


def receive(envelope: str) -> None:
    print(envelope, flush=True)
    time.sleep(1)


def refuse(reason: str) -> None:
    print(f"refused: {reason}", flush=True)


@contextmanager
def worker_process(redis_url: str, ca: str = ""):
    """It in a process of its own, from `with` to its end."""
    command = [sys.executable, "-m", "tests.live.order_taker", redis_url, ca]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.terminate()


if __name__ == "__main__":
    sys.exit(run_worker(make_app(config(DIRECTOR, *sys.argv[1:]), receive, refuse)))
