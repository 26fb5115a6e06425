"""Whether what the console tells at the end of a history is what became of it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import connection

from lab.faults.world import World
from lvs.results import MAYBE_DONE

ENDED = ("verified", "failed", "partial", "superseded", "skipped")


def told(world: World) -> Iterator[str]:
    """A sentence for each thing that is not as it is told."""
    yield from _ended()
    yield from _truthful(world)
    yield from _step_by_step(world)
    yield from _heads()
    yield from _audit()


def rows(sql: str, *parameters: Any) -> list[Any]:
    """Straight from the tables: no code of the console's lies between."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


_RUNS = """
SELECT r.id, r.state, d.name, v.number, c.state, r.error
FROM jobs_run r JOIN inventory_director d ON d.id = r.director_id
JOIN changes_change c ON c.id = r.change_id LEFT JOIN inventory_revision v ON v.id = c.revision_id
"""


def _ended() -> Iterator[str]:
    """Every run has come to an end, and every change that was begun."""
    for run, state, host, number, *_ in rows(_RUNS):
        if state not in ENDED:
            yield f"run {run} of {host}, revision {number}, is still {state}"
    for change, state in rows("SELECT id, state FROM changes_change WHERE state = 'applying'"):
        yield f"change {change} is still {state}"


def _truthful(world: World) -> Iterator[str]:
    """What a run is called is what became of it."""
    wrote = {(write.host, write.order.run) for write in world.witness.writes if write.order}
    for run, state, host, number, change, error in rows(_RUNS):
        done = (host, run) in wrote
        if state == "verified" and (host, run) not in world.witness.seen_equal:
            yield f"run {run} is called verified, and {host} never held revision {number}"
        if state in ("failed", "skipped") and done:
            yield f"run {run} is called {state}, and it wrote to {host}: {error}"
        if change == "applied" and state != "verified":
            yield f"a change is called applied, and its run {run} is {state}"


_HALF = """
SELECT r.id, d.name, r.inferred, r.done_steps, r.total_steps
FROM jobs_run r JOIN inventory_director d ON d.id = r.director_id WHERE r.state = 'partial'
"""


def _step_by_step(world: World) -> Iterator[str]:
    """A run that is called partly applied did the steps that it calls done: these, and no others."""
    for run, host, inferred, done_steps, total_steps in rows(_HALF):
        steps = rows("SELECT text, state, error FROM jobs_runstep WHERE run_id = %s", run)
        done = Counter(text for text, state, _ in steps if state == "done")
        doubted = Counter(text for text, _, error in steps if MAYBE_DONE in error)
        if (done_steps, total_steps) != (done.total(), len(steps)):
            yield f"run {run} is called partial ({done_steps} of {total_steps}): {steps}"
        taken = [
            write
            for write in world.witness.writes
            if write.order and (write.host, write.order.run) == (host, run)
        ]
        if never := done - Counter(write.step.text() for write in taken):
            yield f"run {run} calls done what {host} never took: {list(never)}"
        # What a report says is of the attempt that ended: one before may have been killed.
        ended = world.hosts[host].ended.get(run)
        last = Counter(write.step.text() for write in taken if write.order is ended)
        if not inferred and (untold := last - done - doubted):
            yield f"run {run} calls not done what {host} took: {list(untold)}"


def _heads() -> Iterator[str]:
    """The head of a cluster is the newest revision that every director verified."""
    for cluster, head in rows(
        "SELECT c.name, h.number FROM inventory_cluster c "
        "LEFT JOIN inventory_revision h ON h.id = c.head_id"
    ):
        newest = rows(
            "SELECT max(v.number) FROM changes_change c "
            "JOIN inventory_revision v ON v.id = c.revision_id WHERE c.state = 'applied'"
        )
        if newest[0][0] != head:
            yield f"the head of {cluster} is {head}, and applied was {newest[0][0]}"


def _audit() -> Iterator[str]:
    """The chain is whole, and tells of every end."""
    from apps.audit.verifying import BadRecord, verify

    try:
        verify({})
    except BadRecord as error:
        yield f"the audit log is not what was written: {error}"
    for kind, table in (("run", "jobs_run"), ("change", "changes_change")):
        for number, state in rows(_UNRECORDED.format(table=table), kind, f"{kind}."):
            yield f"no record tells that {kind} {number} is {state}"


_UNRECORDED = """
SELECT id, state FROM {table} t
WHERE state NOT IN ('draft', 'in_review', 'applying', 'waiting', 'queued', 'running') AND NOT EXISTS (
  SELECT 1 FROM audit_auditrecord a WHERE a.object_type = %s AND a.object_id = CAST(t.id AS TEXT)
  AND a.action = %s || t.state)
"""
