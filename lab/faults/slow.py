"""`python -m lab.faults.slow`: faults that take time, on the real stack.

A director in the lab, Redis, PostgreSQL, the web process, two workers and two relays: one part after the
other fails in the middle of a change, and comes back. Each step ends with the change applied and ipvsadm as
witness, or with the truth on its page. Exit status 0 only if every step held.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from lab.faults.breaking import STEPS
from lab.faults.broken import Broken
from lab.faults.proxy import Proxy
from lab.parts import end_on_signals, ignore_signals
from lab.playing import play
from lab.postgresql import binaries, running
from lab.stack import Stack


def main() -> int:
    """Play it; 0 if all of it held."""
    end_on_signals()
    data = Path(tempfile.mkdtemp(prefix="lvs-faults-"))
    began = time.monotonic()
    tools = binaries()
    if tools is None:
        print("initdb is missing: install the package postgresql")
        return 2
    with running(tools, "-c fsync=on") as postgresql:
        stack = Stack(data, LVS_DATABASE_URL=postgresql.url)
        try:
            with Proxy(stack.redis_port) as proxy:
                stack.director_port = proxy.port
                held = play(Broken(stack, postgresql, proxy), STEPS)
        except KeyboardInterrupt:
            print("interrupted")
            held = False
        finally:
            ignore_signals()
            stack.stop()
    if held:
        shutil.rmtree(data)
        print(f"All {len(STEPS)} steps held, {time.monotonic() - began:.0f} s.")
        return 0
    print(f"The logs are in {data}/log")
    return 1


if __name__ == "__main__":
    sys.exit(main())
