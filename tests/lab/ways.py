"""The ways to a guest that can be tried here, each without demanding IPVS.

In the host's own kernel only root can; that others are refused is a test of its own.
"""

import os
import sys
from pathlib import Path

import pytest

from lab.host import Host
from lab.kernel import find_program

HERE = Path(__file__).resolve().parent
HAS_UML = find_program("linux.uml") is not None
IS_ROOT = os.geteuid() == 0
WAYS = [
    *(["uml"] if HAS_UML or not IS_ROOT else []),
    *(["host"] if IS_ROOT else []),
]
needs_uml = pytest.mark.skipif(
    "uml" not in WAYS, reason="about a kernel of the guest's own, and here is none"
)
RUN = {
    "uml": [str(HERE.parents[1] / "lab" / "run")],
    "host": [sys.executable, "-I", "-S", str(HERE / "run_without_ipvs.py")],
}
"""Way → the beginning of a command line that is `lab/run` in this way."""


def host_without_ipvs(writable, memory):
    """A guest of namespaces; what needs no IPVS can be tried in it on every machine."""
    return Host(writable, memory, ipvs=False)
