"""The IPVS table of this network namespace: read it, count, zero, change it step by step."""

import logging
from collections.abc import Callable, Iterable, Sequence
from errno import ESRCH
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from lvs.canonical_form import sorted_table
from lvs.collector import no_collection
from lvs.counters import ServiceCounters, ServiceRates
from lvs.errors import KernelRefusal, LvsError, NoAnswer
from lvs.model import ServiceKey, Table
from lvs.netlink.attributes import attributes
from lvs.netlink.encode import encode_zero
from lvs.netlink.execute import execute
from lvs.netlink.messages import HEADERS, raise_errno
from lvs.netlink.reading import counter_reader, rate_reader, table_reader
from lvs.netlink.schema import IpvsInfo
from lvs.netlink.settings_codec import decode_daemon, decode_timeouts
from lvs.netlink.transport import Transport
from lvs.netlink.uapi import GENL_NAME, Command, CommandAttr
from lvs.plan import AnyStep
from lvs.rules.sysctls import SYSCTLS
from lvs.settings import SyncDaemon, Timeouts
from lvs.sysctl_files import read_sysctls

log = logging.getLogger(__name__)

READINGS = 10
"""How often a table is read before it counts as never at rest."""

_tables, _counters = table_reader(), counter_reader()
"""Shared by all of a process, for they remember their last reading and decode only what has changed: the
agent looks at the table every few seconds and at the counters each second. Bytes that are equal mean the
same, wherever and by whomever they were read."""

_Read = TypeVar("_Read")


class KernelInfo(NamedTuple):
    """IPVS's version as `1.2.1`, and the number of rows of its connection table."""

    version: str
    connection_table_size: int


class Kernel:
    """IPVS over generic netlink. A context manager: open one for each use, never across a fork.

    timeout: seconds that the kernel may stay silent. Every method raises NotPermitted without
    CAP_NET_ADMIN and NoAnswer when answers are lost; opening raises IpvsMissing.
    """

    def __init__(self, timeout: float = 10.0) -> None:
        self._timeout = timeout
        self._transport: Transport | None = None
        self._family = 0

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the socket back. Harmless when it is closed."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def info(self) -> KernelInfo:
        """Version and size of the connection table."""
        reply = IpvsInfo(self._reading(lambda t: t.ask(self._family, Command.GET_INFO)))
        reply.decode()
        version = int(reply.get_attr("IPVS_INFO_ATTR_VERSION"))
        return KernelInfo(
            f"{version >> 16 & 0xFF}.{version >> 8 & 0xFF}.{version & 0xFF}",
            int(reply.get_attr("IPVS_INFO_ATTR_CONN_TAB_SIZE")),
        )

    @no_collection()
    def read_table(self, sysctls: Iterable[str] = SYSCTLS) -> Table:
        """One reading of services and settings.

        It is no snapshot: what others change meanwhile may be in it by half. sysctls: which to read,
        for each is a file.
        """
        return sorted_table(
            self._reading(lambda t: _tables.read(t, self._family)),
            self._reading(self._timeouts),
            self._reading(self._daemons),
            read_sysctls(names=sysctls),
        )

    def read_stable_table(
        self,
        expected: Callable[[Table], bool] | None = None,
        sysctls: Iterable[str] = SYSCTLS,
    ) -> Table:
        """The table once two readings in a row agree.

        expected: whether a table is what must be there by all that is known, such as a reading before
        and every step since, acknowledged. Then that was the first of the two, and one is enough.
        Raises LvsError when others keep changing it: `READINGS` readings, all different.
        """
        before = self.read_table(sysctls)
        if expected is not None and expected(before):
            return before
        for _ in range(READINGS):
            now = self.read_table(sysctls)
            if now == before:
                return now
            before = now
        raise LvsError(
            f"The IPVS table kept changing: {READINGS} readings in a row differed. "
            "Find out which other program writes to it."
        )

    @no_collection()
    def read_counters(self) -> list[ServiceCounters]:
        """One reading of all counters, in the kernel's order."""
        return self._reading(lambda t: _counters.read(t, self._family))

    def read_rates(self) -> list[ServiceRates]:
        """One reading of the kernel's estimates, in the kernel's order."""
        return self._reading(lambda t: rate_reader().read(t, self._family))

    def execute(
        self,
        steps: Sequence[AnyStep],
        on_result: Callable[[range, KernelRefusal | None], None],
        *,
        go_on: bool = False,
    ) -> KernelRefusal | None:
        """Do the steps in order; `on_result(indexes, None or refusal)` for those that were tried.

        A refusal is told with the index of its step alone.

        Steps go out in batches of one kind, so nothing is removed in a batch in which something is
        still being added. The kernel finishes a batch whatever becomes of one step: those after a
        refusal are tried and reported too; no further batch is sent, except to `go_on`. Returns the
        first refusal.
        Raises NoAnswer when answers were lost: steps that weren't reported may have been done.
        """
        return execute(self._opened(), self._family, steps, on_result, go_on=go_on)

    def zero(self, key: ServiceKey | None = None) -> None:
        """Set the counters of a service and its real servers, or of all, to zero (`ipvsadm -Z`).

        Raises LvsError when there is no such service.
        """
        refused: list[int] = []
        command = (Command.ZERO, encode_zero(key))
        self._opened().batch(self._family, [command], lambda _, errno: refused.append(errno))
        if refused[0] == ESRCH and key is not None:
            raise LvsError(f"There is no service {key} in the kernel: nothing was set to zero.")
        try:
            raise_errno(refused[0])
        except OSError as error:
            raise LvsError(f"The kernel doesn't set counters to zero: {error.strerror}") from error

    def _open(self) -> Transport:
        self._transport = Transport(self._timeout)
        try:
            self._family = self._transport.find_family(GENL_NAME)
        except BaseException:
            self.close()
            raise
        return self._transport

    def _opened(self) -> Transport:
        if self._transport is None:
            raise LvsError("This Kernel is closed: use it in a “with” block")
        return self._transport

    def _reading(self, read: Callable[[Transport], _Read]) -> _Read:
        """Read; once more over a fresh socket when answers were lost, which spoils a socket."""
        try:
            try:
                return read(self._opened())
            except NoAnswer as error:
                log.warning("%s: reading again", error)
                self.close()
                return read(self._open())
        except OSError as error:
            raise LvsError(f"The kernel doesn't let IPVS be read: {error.strerror}") from error

    def _timeouts(self, transport: Transport) -> Timeouts:
        reply = transport.ask(self._family, Command.GET_CONFIG)
        return decode_timeouts(attributes(reply, HEADERS))

    def _daemons(self, transport: Transport) -> tuple[SyncDaemon, ...]:
        messages = transport.dump(self._family, Command.GET_DAEMON)
        return tuple(decode_daemon(attributes(m, HEADERS)[CommandAttr.DAEMON]) for m in messages)
