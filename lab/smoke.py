"""The whole story, unattended and from outside: HTTP and WebSocket, with ipvsadm and curl as witnesses.

`make smoke` runs it on free ports and its own data, and exits 0 only if every step held.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from lab.parts import end_on_signals, ignore_signals
from lab.playing import play
from lab.stack import Stack
from lab.steps import apply, balance, define, edit, people_and_director, review, start
from lab.steps_governance import confirmed, drain, drift, rollback, taken_back, unconfirmed
from lab.steps_live import audit, console_down, killed_agent, live, redis_restart
from lab.story import Story

STEPS = (
    *(start, people_and_director, define, review, apply, balance, edit),
    *(rollback, confirmed, unconfirmed, live, audit, taken_back, drain, drift),
    *(redis_restart, killed_agent, console_down),
)

LIMIT_SECONDS = 240


def main() -> int:
    """Play it; 0 if all of it held."""
    end_on_signals()
    data = Path(tempfile.mkdtemp(prefix="lvs-smoke-"))
    began = time.monotonic()
    stack = Stack(data)
    try:
        held = play(Story(stack), STEPS)
    except KeyboardInterrupt:
        print("interrupted")
        held = False
    finally:
        ignore_signals()
        stack.stop()
    seconds = time.monotonic() - began
    if held and seconds <= LIMIT_SECONDS:
        shutil.rmtree(data)
        print(f"All {len(STEPS)} steps held, {seconds:.0f} s.")
        return 0
    if held:
        print(f"Every step held, but it took {seconds:.0f} s: more than {LIMIT_SECONDS} s.")
    print(f"The logs are in {data}/log")
    return 1


if __name__ == "__main__":
    sys.exit(main())
