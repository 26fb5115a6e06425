"""`lab/run` in the host's own kernel, not demanding IPVS of it: for tests on machines without."""

import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from lab import cli
from lab.host import Host

if __name__ == "__main__":
    sys.exit(cli.main(partial(Host, ipvs=False)))
