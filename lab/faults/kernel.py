"""IPVS as a history has it: the interface of `lvs.netlink.kernel.Kernel`, over a table in memory.

tests/lab/test_sim_kernel.py plays the same steps here and on the real kernel and compares every answer.
"""

from collections.abc import Callable, Iterable, Sequence
from errno import EEXIST, ENOENT, ESRCH
from functools import partial
from itertools import groupby
from types import TracebackType
from typing import Self

from lab.faults.boundaries import cross
from lvs.canonical_form import make_table
from lvs.errors import KernelRefusal, LvsError, NoAnswer
from lvs.model import RealServer, ServiceKey, Table, VirtualService
from lvs.netlink.kernel import KernelInfo
from lvs.plan import AnyStep, Step

OnResult = Callable[[range, KernelRefusal | None], None]


class Machine:
    """What outlives processes on one host: the kernel's table, until it boots again."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.boots = 1
        self.services: dict[ServiceKey, VirtualService] = {}
        self.servers: dict[ServiceKey, dict[tuple[str, int], RealServer]] = {}
        self.on_write: Callable[[AnyStep], None] = lambda step: None
        self.on_read: Callable[[], None] = lambda: None
        self.refuse_next = 0
        """Steps until the kernel refuses one; 0 = it refuses none."""

    @property
    def boot(self) -> str:
        """The identity of this life of the kernel."""
        return f"{self.name} {self.boots}"

    def reboot(self) -> None:
        """The kernel holds nothing."""
        self.boots += 1
        self.services.clear()
        self.servers.clear()

    def table(self) -> Table:
        """All that it holds."""
        held = (
            service._replace(real_servers=tuple(self.servers[key].values()))
            for key, service in self.services.items()
        )
        return make_table(held)

    def put(self, service: VirtualService) -> None:
        """As `ipvsadm -A` and `-a` of somebody else."""
        self.services[service.key] = service.settings
        self.servers[service.key] = {server.key: server for server in service.real_servers}

    def drop(self, key: ServiceKey) -> None:
        """As `ipvsadm -D` of somebody else."""
        self.services.pop(key, None)
        self.servers.pop(key, None)

    def take(self, step: AnyStep) -> int:
        """Do a step; 0, or the errno of the kernel's refusal (net/netfilter/ipvs/ip_vs_ctl.c)."""
        assert isinstance(step, Step)
        key, server = step.service.key, step.server
        if step.kind == "add service":
            if key in self.services:
                return EEXIST
            self.services[key], self.servers[key] = step.service, {}
            return 0
        if key not in self.services:
            return ESRCH
        if step.kind == "edit service":
            self.services[key] = step.service
        elif step.kind == "delete service":
            self.drop(key)
        else:
            return self._take_server(step.kind, self.servers[key], server)
        return 0

    @staticmethod
    def _take_server(
        kind: str, servers: dict[tuple[str, int], RealServer], server: RealServer | None
    ) -> int:
        assert server is not None
        if kind == "add server" and server.key in servers:
            return EEXIST
        if kind != "add server" and server.key not in servers:
            return ENOENT
        if kind == "delete server":
            del servers[server.key]
        else:
            servers[server.key] = server
        return 0


class SimKernel:
    """A socket to the kernel of the machine whose process has its turn."""

    machine: Machine
    """Set before a process of a machine has its turn."""

    def __enter__(self) -> Self:
        self._machine = type(self).machine
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return

    def info(self) -> KernelInfo:
        """As that of Linux 6.1."""
        return KernelInfo("1.2.1", 4096)

    def read_table(self, sysctls: Iterable[str] = ()) -> Table:
        """One reading."""
        return cross("kernel read", self._read, _no_answer)

    def _read(self) -> Table:
        self._machine.on_read()
        return self._machine.table()

    def read_stable_table(
        self, expected: Callable[[Table], bool] | None = None, sysctls: Iterable[str] = ()
    ) -> Table:
        """Once two readings agree."""
        before = self.read_table()
        if expected is not None and expected(before):
            return before
        for _ in range(10):
            now = self.read_table()
            if now == before:
                return now
            before = now
        raise LvsError("The IPVS table kept changing")

    def execute(
        self, steps: Sequence[AnyStep], on_result: OnResult, *, go_on: bool = False
    ) -> KernelRefusal | None:
        """In batches of one kind, each finished whatever becomes of one step; none after a refusal."""
        first: KernelRefusal | None = None
        for _, batch in groupby(enumerate(steps), key=lambda item: item[1].kind):
            for index, step in batch:
                refusal = cross("kernel write", partial(self._take, step), _no_answer)
                first = first or refusal
                on_result(range(index, index + 1), refusal)
            if first is not None and not go_on:
                break
        return first

    def _take(self, step: AnyStep) -> KernelRefusal | None:
        machine = self._machine
        if machine.refuse_next:
            machine.refuse_next -= 1
            if not machine.refuse_next:
                return KernelRefusal(step, 12, "The kernel has no memory", "Try again.")
        errno = machine.take(step)
        if errno:
            return KernelRefusal(step, errno, "It is not so", "Somebody else was here.")
        machine.on_write(step)
        return None


def _no_answer() -> LvsError:
    return NoAnswer("The kernel's answer was lost")
