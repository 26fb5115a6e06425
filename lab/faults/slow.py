"""`python -m lab.faults.slow`: faults that take time, on the real stack.

A director in the lab, Redis, PostgreSQL, the web process, two workers and two relays: one part after the
other fails in the middle of a change, and comes back. Each step ends with the change applied and ipvsadm as
witness, or with the truth on its page. Exit status 0 only if every step held.
"""

import importlib.util
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lab.faults.breaking import STEPS, Broken
from lab.faults.proxy import Proxy
from lab.parts import end_on_signals, ignore_signals
from lab.playing import play
from lab.stack import ROOT, Stack


def main() -> int:
    """Play it; 0 if all of it held."""
    end_on_signals()
    data = Path(tempfile.mkdtemp(prefix="lvs-faults-"))
    began = time.monotonic()
    module = _with_postgresql()
    tools = module.binaries()
    if tools is None:
        print("initdb is missing: install the package postgresql")
        return 2
    with module.running(tools, "-c fsync=on") as postgresql:
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


def _with_postgresql() -> Any:
    """bin/with_postgresql.py, which is a command."""
    file = ROOT / "bin" / "with_postgresql.py"
    spec = importlib.util.spec_from_file_location("with_postgresql", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
