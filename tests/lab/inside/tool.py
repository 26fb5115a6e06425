"""Another program that fills the kernel from a file of its own, until it holds what we expect."""

import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from lvs.canonical_form import make_table
from lvs.model import Table
from lvs.verify import explain_difference

RUN = Path("/run")


@contextmanager
def running(argv, log):
    """The program, until the block ends."""
    with log.open("w") as output:
        program = subprocess.Popen(argv, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield program
        finally:
            program.terminate()
            try:
                program.wait(10)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()


def assert_comes_to_hold(kernel, expected: Table, log, seconds: float) -> None:
    """Wait until the kernel holds all services of the table and no other, and its settings."""
    wanted = make_table(expected.services, expected.timeouts, expected.sync)
    deadline = time.monotonic() + seconds
    while (found := _reading(kernel, wanted)) != wanted and time.monotonic() < deadline:
        time.sleep(0.2)
    assert found == wanted, f"{explain_difference(wanted, found)}\n{log.read_text()[-1500:]}"


def _reading(kernel, wanted: Table) -> Table:
    reading = kernel.read_table()
    scope = wanted.scope.with_services(service.key for service in reading.services)
    return reading.only(scope)
