"""What must hold after each history, checked against what the history itself saw: DESIGN section 1."""

import json
from collections.abc import Iterator
from typing import Any

from lab.faults.director import Host
from lab.faults.told import rows, told
from lab.faults.world import World
from lvs.agent.envelope import Order
from lvs.documents import table_from_document
from lvs.model import EMPTY, Table
from lvs.plan import concerned
from lvs.state import RESTORING, Journal


def violations(world: World) -> list[str]:
    """A sentence for each promise that was broken."""
    return [
        *_approved(world),
        *_in_order(world),
        *_kernels(world),
        *_foreign(world),
        *told(world),
    ]


_RIGHT = """
SELECT count(*) FROM changes_change c WHERE c.digest = %s AND (
  c.approved_by = 'emergency' OR EXISTS (
    SELECT 1 FROM changes_review r WHERE r.change_id = c.id AND r.verdict = 'approve'
    AND r.digest = c.digest AND r.reviewer_id <> c.author_id))
"""


def _approved(world: World) -> Iterator[str]:
    """Nothing was applied that nobody approved, exactly as it is."""
    asked = {digest for _, digest in world.people.approved}
    for order in _orders(world):
        if order.digest not in asked:
            yield f"written for a table that nobody was asked to approve: run {order.run}"
        elif not rows(_RIGHT, order.digest)[0][0]:
            yield f"written for a table whose approval is not stored: run {order.run}"
        if table_from_document(order.table).digest != order.digest:
            yield f"written for another table than that of the order: run {order.run}"


def _orders(world: World) -> list[Order]:
    """Those for which a kernel was written."""
    return list(
        {id(write.order): write.order for write in world.witness.writes if write.order}.values()
    )


def _in_order(world: World) -> Iterator[str]:
    """No revision backwards, none twice; and whatever else was wrong with a write when it came."""
    for name in world.hosts:
        newest = 0
        for host, order, _ in world.witness.writes:
            if host != name or order is None:
                continue
            if order.revision < newest:
                yield f"{name} was written for revision {order.revision} after {newest}"
            newest = max(newest, order.revision)
    yield from world.witness.wrong


def _kernels(world: World) -> Iterator[str]:
    """The kernel holds the newest verified table, where nobody else moved it and no run stopped half way."""
    for host in world.hosts.values():
        state = _state(host)
        if host.hands or _stopped(world, host, state.journal):
            continue
        wanted: Table = state.table or EMPTY
        found = host.machine.table().only(concerned(wanted, state.owned))
        if host.foreign.keys() & {service.key for service in wanted.services}:
            continue  # after a reboot another program was quicker: theirs stays, and that is shown
        if found != wanted:
            yield f"{host.name} holds {found}, and not what was verified last: {wanted}"
        yield from _remembers(host.name, state)


def _stopped(world: World, host: Host, journal: Journal | None) -> bool:
    """Whether a run stopped half way. One that could not even begin leaves its journal, too, where the disk
    failed: then the kernel is as it was.
    """
    wrote = {
        write.order.run if write.order else RESTORING
        for write in world.witness.writes
        if write.host == host.name
    }
    return journal is not None and journal.run in wrote


def _remembers(name: str, state: Any) -> Iterator[str]:
    """What a reboot would bring back is the newest revision that the host verified, as it was approved."""
    newest = rows(
        "SELECT v.number FROM jobs_run r JOIN changes_change c ON c.id = r.change_id "
        "JOIN inventory_revision v ON v.id = c.revision_id "
        "JOIN inventory_director d ON d.id = r.director_id "
        "WHERE r.state = 'verified' AND d.name = %s ORDER BY v.number DESC LIMIT 1",
        name,
    )
    if newest and newest[0][0] > state.revision:
        yield f"{name} verified revision {newest[0][0]} and remembers {state.revision}"
    stored = rows('SELECT v."table" FROM inventory_revision v WHERE v.number = %s', state.revision)
    tables = [table_from_document(json.loads(text)) for (text,) in stored] or [EMPTY]
    if (state.table or EMPTY) not in tables:
        yield f"{name} remembers another table than that of revision {state.revision}"


def _state(host: Host) -> Any:
    from lvs.state import StateFolder

    return StateFolder(host.folder).load()


def _foreign(world: World) -> Iterator[str]:
    """Services of other programs are as they were."""
    for host in world.hosts.values():
        held = {service.key: service for service in host.machine.table().services}
        for key, service in host.foreign.items():
            if held.get(key) != service:
                yield f"{host.name}: {key} is not ours, and is now {held.get(key)}"
