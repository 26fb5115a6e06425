"""The agent under the soak: the real program in the lab's guest, as a director runs it."""

import re
import shlex
import time
from pathlib import Path
from typing import NamedTuple

from lab.kernel import LabError
from lab.machine import Lab

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
"""Seconds until it has to have said its number."""


class Usage(NamedTuple):
    """What a process holds at one moment."""

    memory_kb: int
    """VmRSS."""
    descriptors: int
    """Open files, sockets and pipes."""


class Agent:
    """Its process. It keeps its state in the guest's memory, as the writing of a disk is not what grows."""

    def __init__(self, lab: Lab, config: str) -> None:
        assert lab.writable is not None
        self.log = lab.writable / "agent.log"
        self.log.touch()
        self._lab = lab
        self._config = lab.writable / "agent.toml"
        self._config.write_text(config)
        self._config.chmod(0o600)
        number = lab.writable / "agent.pid"
        number.unlink(missing_ok=True)
        program = f"exec python -m lvs.agent --config {shlex.quote(str(self._config))}"
        self._process = lab.spawn(
            ["sh", "-c", f"echo $$ >{shlex.quote(str(number))}; {program}"],
            output=self.log,
            env={"PYTHONPATH": str(PROJECT)},
        )
        self._number = _read_number(number)

    def usage(self) -> Usage:
        """What it holds now. Raises LabError when it has ended."""
        process = f"/proc/{self._number}"
        done = self._lab.run(["sh", "-c", f"grep VmRSS {process}/status && ls {process}/fd"])
        memory = re.match(r"VmRSS:\s+(\d+) kB\n", done.stdout)
        if done.returncode or memory is None:
            raise LabError(f"the agent has ended\n{self.last_lines()}")
        return Usage(int(memory[1]), len(done.stdout[memory.end() :].split()))

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(PATIENCE)

    def last_lines(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


def _read_number(path: Path) -> int:
    deadline = time.monotonic() + PATIENCE
    while not (path.exists() and path.read_text().endswith("\n")):
        if time.monotonic() > deadline:
            raise LabError("the agent did not start")
        time.sleep(0.02)
    return int(path.read_text())
