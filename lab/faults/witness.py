"""Who stands beside every kernel of a history: what is written there, for which order, and what is wrong.

It sees each step as the kernel takes it. So nothing that is undone later, or lost in a reboot, escapes.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

from lab.faults.director import Host
from lvs.agent.envelope import Order
from lvs.documents import table_from_document
from lvs.model import Table
from lvs.plan import AnyStep, Step, concerned


class Write(NamedTuple):
    """A step that a kernel took."""

    host: str
    order: Order | None
    """That was under way: the very object, another one each time that it comes. None = a restore."""
    step: AnyStep


class Witness:
    """One history's. tell: told of each write."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.writes: list[Write] = []
        self.seen_equal: set[tuple[str, int]] = set()
        """Hosts and runs after which the host's kernel held exactly their table."""
        self.wrong: list[str] = []
        """What broke a promise in the moment of a write."""
        self._held: defaultdict[str, set[str]] = defaultdict(set)
        """The digests of tables that each host's kernel held for an order."""
        self._deleted: defaultdict[tuple[str, int], set[object]] = defaultdict(set)

    def watch(self, host: Host) -> None:
        """Be told of each reading and each write of this host's kernel."""
        host.machine.on_write = lambda step: self._note_write(host, step)
        host.machine.on_read = lambda: self._note_read(host)

    def _note_write(self, host: Host, step: AnyStep) -> None:
        # What a reboot lost is restored before an order that comes first is carried out.
        agent = host.agent
        order = agent.watcher.running if agent and not agent.state.load().restoring else None
        self.writes.append(Write(host.name, order, step))
        what = f"run {order.run}, revision {order.revision}" if order else "a restore"
        self._tell(f"    {host.name} is written for {what}: {step.text()}")
        assert isinstance(step, Step)
        if step.service.key in host.foreign:
            self.wrong.append(f"{host.name} was written for {what} on what is not ours: {step}")
        if order is None:
            self._judge_restore(host, step)
        else:
            self._judge(host, order, step)

    def _judge(self, host: Host, order: Order, step: Step) -> None:
        if order.director != str(host.director.uuid):
            self.wrong.append(f"{host.name} was written for run {order.run}, which is another's")
        if not leads_to(step, table_from_document(order.table)):
            self.wrong.append(f"{host.name}, run {order.run}: its table asks not for {step}")
        # After a reboot it is written again, and must be: the kernel lost it.
        if host.noted.get(order.revision) == host.machine.boots:
            self.wrong.append(f"{host.name} was written once more for revision {order.revision}")
        what = (step.service.key, step.server.key if step.server else None)
        gone = self._deleted[host.name, order.run]
        if step.kind.startswith("delete"):
            gone.add(what)
        elif step.kind.startswith("add") and what in gone:
            self.wrong.append(f"{host.name}, run {order.run}: deleted and made anew by {step}")

    def _judge_restore(self, host: Host, step: Step) -> None:
        """Only what a reboot lost is restored, and only a table that this host held for an order."""
        if host.machine.boots == 1 or host.machine.boots in host.noted.values():
            self.wrong.append(
                f"{host.name} was written without an order, and had lost nothing: {step}"
            )
        agent = host.agent
        table = agent.state.load().table if agent else None
        if table is None or table.digest not in self._held[host.name]:
            self.wrong.append(f"{host.name} was given back what it never held: {step}")
        elif not leads_to(step, table):
            self.wrong.append(f"{host.name}: what is restored asks not for {step}")

    def _note_read(self, host: Host) -> None:
        order = host.agent.watcher.running if host.agent else None
        boots = host.machine.boots
        if order is not None and host.equal_in.get(order.revision) != boots:
            wanted = table_from_document(order.table)
            owned = host.agent.state.load().owned if host.agent else wanted.scope
            if host.machine.table().only(concerned(wanted, owned)) == wanted:
                self.seen_equal.add((host.name, order.run))
                self._held[host.name].add(wanted.digest)
                host.equal_in[order.revision] = boots


def leads_to(step: Step, table: Table) -> bool:
    """Whether who wants this table has any reason for the step."""
    wanted = table.by_key().get(step.service.key)
    if wanted is None or step.kind == "delete service":
        return wanted is None and step.kind == "delete service"
    if step.server is None:
        return step.service == wanted.settings
    there = {server.key: server for server in wanted.real_servers}.get(step.server.key)
    if step.kind in ("drain server", "delete server"):
        return there is None
    return there == step.server
