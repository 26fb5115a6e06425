"""The works that are compared: each once with the library and once with its peer, on the same kernel."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lab.bench.figures import Timed
from lab.bench.shell import Shell
from lab.bench.tables import plain_table, with_weights
from lvs.apply import apply_table
from lvs.counters import ServiceCounters
from lvs.formats import parse, render
from lvs.formats.ipvsadm_args import server_arguments
from lvs.model import Table
from lvs.netlink import kernel as kernel_module
from lvs.netlink.kernel import Kernel
from lvs.netlink.reading import counter_reader
from lvs.state import StateFolder

SERVICES, SERVERS, EDITS = 1000, 10, 100


class Work(NamedTuple):
    """One comparison. The functions are called in this order, `rounds` times."""

    name: str
    what: str
    peer: str
    prepare: Callable[[], object]
    """Puts kernel and disk into the state that ours, the peer and the command start from."""
    ours: Callable[[], object]
    """What is timed of us: it raises when the work was not done."""
    peer_line: str
    command: str
    """The same as a whole command; "" when there is none."""


WARM_UPS = 3
"""Rounds of ours before the first: until then the process takes new memory from the system each time."""


def run(work: Work, shell: Shell, rounds: int) -> Timed:
    """Time a work. What goes before the rounds doesn't count: it warms both up."""
    ours: list[float] = []
    peers: list[float] = []
    commands: list[float] = []
    for _ in range(WARM_UPS):
        work.prepare()
        work.ours()
    for _ in range(rounds + 1):
        work.prepare()
        began = time.perf_counter()
        work.ours()
        ours.append(time.perf_counter() - began)
        for line, times in ((work.peer_line, peers), (work.command, commands)):
            if line:
                work.prepare()
                times.append(shell.run(line))
    return Timed(work.name, work.what, work.peer, ours[1:], peers[1:], commands[1:])


class Bench:
    """The tables, files and works, in a folder of their own."""

    def __init__(self, folder: Path, shell: Shell) -> None:
        self._folder = folder
        self._shell = shell
        self._table = plain_table(SERVICES, SERVERS)
        self._edited = with_weights(self._table, EDITS, 77)
        self._text = render(self._table, "ipvsadm")
        self._files = {
            "table": self._text,
            "edited": render(self._edited, "ipvsadm"),
            "edits": _edit_lines(self._edited, EDITS),
            "back": _edit_lines(self._table, EDITS),
        }
        for name, text in self._files.items():
            self._path(name).write_text(text)
        self._state = StateFolder(self._path("state"))
        self._counters: list[ServiceCounters] = []

    def works(self) -> list[Work]:
        """All of them, in the order in which they are run."""
        size = f"{SERVICES:,} services × {SERVERS} real servers"
        table, state = self._path("table"), self._path("state")
        lvs = f"{sys.executable} -m lvs"
        return [
            Work(
                "apply_11k",
                f"from an empty kernel to {size}: parse, plan, write, read back, verify",
                "ipvsadm -R",
                self._empty,
                lambda: self._apply(parse(self._text), "verified"),
                f"ipvsadm -R <{table}",
                f"{lvs} apply --state {state} {table}",
            ),
            Work(
                "snapshot_10k",
                f"all 64-bit counters of {size}, as objects, as if every one had moved",
                "ipvsadm -Ln --stats",
                self._full,
                self._new_snapshot,
                "ipvsadm -Ln --stats",
                f"{lvs} show --stats --format json",
            ),
            Work(
                "snapshot_10k_idle",
                "the same once more, when none has moved since a second ago",
                "ipvsadm -Ln --stats",
                self._full,
                self._snapshot,
                "ipvsadm -Ln --stats",
                "",
            ),
            Work(
                "noop_11k",
                f"apply of {size} that the kernel holds already",
                "ipvsadm -Ln",
                self._full,
                lambda: self._apply(self._table, "unchanged"),
                "ipvsadm -Ln",
                f"{lvs} apply --state {state} {table}",
            ),
            Work(
                "edit_100_in_11k",
                f"{EDITS} weights changed in {size}: plan, write, read back, verify",
                f"ipvsadm -R with {EDITS} lines -e",
                self._unedited,
                lambda: self._apply(self._edited, "verified"),
                f"ipvsadm -R <{self._path('edits')}",
                f"{lvs} apply --state {state} {self._path('edited')}",
            ),
            Work(
                "import_11k",
                f"parse and check {size} as ipvsadm -Sn writes them",
                "none: ipvsadm -R reads such text only while it changes the kernel",
                lambda: None,
                lambda: parse(self._text),
                "",
                f"{lvs} check {table}",
            ),
        ]

    def _path(self, name: str) -> Path:
        return self._folder / name

    def _apply(self, table: Table, expected: str) -> None:
        outcome = apply_table(table, state=self._state)
        if outcome.state != expected:
            raise RuntimeError(f"{outcome.state} instead of {expected}: {outcome.error}")

    def _snapshot(self) -> None:
        with Kernel() as kernel:
            self._counters = kernel.read_counters()
        if sum(len(service.servers) for service in self._counters) != SERVICES * SERVERS:
            raise RuntimeError("the reading is not whole")

    def _new_snapshot(self) -> None:
        # The reading before stays in memory until this one is done, as the agent keeps it for its rates.
        self._before = kernel_module._counters, self._counters
        kernel_module._counters = counter_reader()
        self._snapshot()

    def _empty(self) -> None:
        self._shell.run("ipvsadm -C")
        shutil.rmtree(self._path("state"), ignore_errors=True)

    def _full(self) -> None:
        if self._state.load().digest != self._table.digest:
            self._empty()
            self._apply(self._table, "verified")

    def _unedited(self) -> None:
        self._full()
        self._shell.run(f"ipvsadm -R <{self._path('back')}")


def _edit_lines(table: Table, count: int) -> str:
    lines = [
        " ".join(["-e", *server_arguments(service.key, service.real_servers[0])])
        for service in table.services[:count]
    ]
    return "".join(f"{line}\n" for line in lines)


def measure(rounds: int) -> list[Timed]:
    """Run all works on this host's kernel, whose IPVS table is lost."""
    os.environ.pop("LVS_STATE_DIR", None)
    with tempfile.TemporaryDirectory(prefix="lvs-bench-") as name, Shell() as shell:
        bench = Bench(Path(name), shell)
        return [run(work, shell, rounds) for work in bench.works()]
