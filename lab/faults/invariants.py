"""What must hold after each history, checked against what the history itself saw: DESIGN section 1."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from lab.faults.director import Host
from lab.faults.world import World
from lvs.documents import table_from_document
from lvs.model import EMPTY, Table
from lvs.plan import concerned

ENDED = ("verified", "failed", "partial", "superseded", "skipped")


def violations(world: World) -> list[str]:
    """A sentence for each promise that was broken."""
    return [
        *_approved(world),
        *_in_order(world),
        *_ended(world),
        *_truthful(world),
        *_kernels(world),
        *_foreign(world),
        *_audit(),
    ]


def _rows(sql: str, *parameters: Any) -> list[Any]:
    """Straight from the tables: no code of the console's lies between."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


_RIGHT = """
SELECT count(*) FROM changes_change c WHERE c.digest = %s AND (
  c.approved_by = 'emergency' OR EXISTS (
    SELECT 1 FROM changes_review r WHERE r.change_id = c.id AND r.verdict = 'approve'
    AND r.digest = c.digest AND r.reviewer_id <> c.author_id))
"""


def _approved(world: World) -> Iterator[str]:
    """Nothing was applied that nobody approved."""
    asked = {digest for _, digest in world.people.approved}
    for host, order in world.writes:
        if order is None:
            continue  # a restore: `_kernels` holds it against what was verified
        if order.digest not in asked:
            yield f"{host} was written for a table that nobody was asked to approve: run {order.run}"
        elif not _rows(_RIGHT, order.digest)[0][0]:
            yield f"{host} was written for a table whose approval is not stored: run {order.run}"


def _in_order(world: World) -> Iterator[str]:
    """No revision twice, none backwards."""
    for name in world.hosts:
        newest = 0
        for host, order in world.writes:
            if host != name or order is None:
                continue
            if order.revision < newest:
                yield f"{name} was written for revision {order.revision} after {newest}"
            newest = max(newest, order.revision)
    yield from world.again


_RUNS = """
SELECT r.id, r.state, d.name, v.number, v.digest, c.state, r.error
FROM jobs_run r JOIN inventory_director d ON d.id = r.director_id
JOIN changes_change c ON c.id = r.change_id LEFT JOIN inventory_revision v ON v.id = c.revision_id
"""


def _ended(world: World) -> Iterator[str]:
    """Every run has come to an end, and every change that was begun."""
    for run, state, host, number, *_ in _rows(_RUNS):
        if state not in ENDED:
            yield f"run {run} of {host}, revision {number}, is still {state}"
    for change, state in _rows("SELECT id, state FROM changes_change WHERE state = 'applying'"):
        yield f"change {change} is still {state}"


def _truthful(world: World) -> Iterator[str]:
    """What a run is called is what became of it."""
    wrote = {(host, order.run) for host, order in world.writes if order is not None}
    for run, state, host, number, _, change, error in _rows(_RUNS):
        done = (host, run) in wrote
        was = run in world.seen_equal
        if state == "verified" and not was:
            yield f"run {run} is called verified, and {host} never held revision {number}"
        if state in ("failed", "skipped") and done:
            yield f"run {run} is called {state}, and it wrote to {host}: {error}"
        if change == "applied" and state != "verified":
            yield f"a change is called applied, and its run {run} is {state}"


def _kernels(world: World) -> Iterator[str]:
    """The kernel holds the newest verified table, where nobody else moved it and no run stopped half way."""
    for host in world.hosts.values():
        state = _state(host)
        if host.hands or state.journal is not None:
            continue
        wanted: Table = state.table or EMPTY
        found = host.machine.table().only(concerned(wanted, state.owned))
        if host.foreign.keys() & {service.key for service in wanted.services}:
            continue  # after a reboot another program was quicker: theirs stays, and that is shown
        if found != wanted:
            yield f"{host.name} holds {found}, and not what was verified last: {wanted}"
        newest = _rows(
            'SELECT v.number, v."table" FROM jobs_run r JOIN changes_change c ON c.id = r.change_id '
            "JOIN inventory_revision v ON v.id = c.revision_id "
            "JOIN inventory_director d ON d.id = r.director_id "
            "WHERE r.state = 'verified' AND d.name = %s ORDER BY v.number DESC LIMIT 1",
            host.name,
        )
        if newest and newest[0][0] >= state.revision:
            import json

            table = table_from_document(json.loads(newest[0][1]))
            if table != wanted:
                yield f"{host.name} remembers another table than revision {newest[0][0]}"


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


def _audit() -> Iterator[str]:
    """The chain is whole, and tells of every end."""
    from apps.audit.verifying import BadRecord, verify

    try:
        verify({})
    except BadRecord as error:
        yield f"the audit log is not what was written: {error}"
    for run, state in _rows(
        "SELECT id, state FROM jobs_run r WHERE state IN ('verified', 'failed', 'partial') AND NOT EXISTS "
        "(SELECT 1 FROM audit_auditrecord a WHERE a.object_type = 'run' AND a.object_id = CAST(r.id AS TEXT) "
        "AND a.action = 'run.' || r.state)"
    ):
        yield f"no record tells that run {run} is {state}"
