"""`python -m lvs` on the lab's director, for tests, with ipvsadm and strace as witnesses."""

import re
from pathlib import Path

import pytest

from lab import Lab

PROJECT = Path(__file__).resolve().parents[2]
WRITES = {1, 2, 3, 5, 6, 7, 9, 10, 12, 16, 17}
"""IPVS_CMD_NEW_SERVICE … IPVS_CMD_FLUSH of the kernel's linux/ip_vs.h, those that change something."""


class Director:
    """Runs commands on the director, and keeps its state in a folder of the test."""

    def __init__(self, lab: Lab, state: Path) -> None:
        self.lab, self.state = lab, state

    def run(self, *argv, input=""):  # noqa: A002 - subprocess.run calls it so
        env = {"PYTHONPATH": str(PROJECT), "LVS_STATE_DIR": str(self.state)}
        return self.lab.run(argv, input=input, env=env)

    def lvs(self, *argv, input=""):  # noqa: A002
        return self.run("python", "-m", "lvs", *argv, input=input)

    def ipvsadm(self, *argv, input=""):  # noqa: A002
        done = self.run("ipvsadm", *argv, input=input)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def saved(self):
        """The lines of `ipvsadm -Sn`, sorted; marks as the positive numbers that they are."""
        text = self.ipvsadm("-Sn")
        text = re.sub(r"-f -(\d+)", lambda found: f"-f {2**32 - int(found[1])}", text)
        return sorted(text.splitlines())

    def traced(self, *argv, input=""):  # noqa: A002
        """Run `python -m lvs` under strace: what it said, and the IPVS commands that it sent."""
        log = self.lab.writable / "strace.log"
        options = (
            "-f",
            "--seccomp-bpf",
            "-e",
            "trace=sendto,sendmsg",
            "-xx",
            "-s",
            "10000000",
            "-o",
            str(log),
        )
        done = self.run("strace", *options, "python", "-m", "lvs", *argv, input=input)
        sent = re.findall(r'nlmsg_type=IPVS[^"]*"\\x(..)', log.read_text())
        return done, [int(command, 16) for command in sent]


@pytest.fixture
def director(clean_ipvs, state_folder):
    return Director(clean_ipvs, state_folder)
