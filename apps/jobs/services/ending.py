"""The end of a run, and of its change when that was the last one. One transaction, always."""

from django.db.models import QuerySet
from django.utils import timezone

from apps.audit.services import record
from apps.changes import services as changes
from apps.changes.models import Change
from apps.inventory.models import Cluster
from apps.jobs.models import UNENDED, Outbox, Run
from apps.jobs.services.turns import next_turn
from apps.telemetry import push


def lock_run(run_id: int) -> Run | None:
    """The run, locked until the transaction ends; None when there is no such run.

    Its change is locked before it: two directors that end at once are counted one after the other.
    The cluster is locked before its changes, here as in every approval: one order, no deadlock.
    """
    found = Run.objects.filter(pk=run_id).values_list("change_id", "change__cluster_id").first()
    if found is None:
        return None
    Cluster.objects.select_for_update().get(pk=found[1])
    Change.objects.select_for_update().get(pk=found[0])
    runs = Run.objects.select_for_update(of=("self",))
    return runs.select_related("director", "change__revision", "change__cluster").get(pk=run_id)


def end_run(
    run: Run, state: Run.State, *, error: str, actor_name: str, inferred: bool = False
) -> None:
    """Give a locked run its end, with its audit record; end the change when all its runs have ended.

    inferred: nobody reported this end, and a report may still correct it.
    """
    before = run.state
    run.state, run.error, run.ended_at = state, error, timezone.now()
    run.inferred = inferred
    run.save(update_fields=["state", "error", "ended_at", "inferred"])
    Outbox.objects.filter(run=run).delete()
    _record_end(run, before, actor_name)
    if state == Run.State.VERIFIED:
        _supersede_older(run)
    next_turn(run)
    _end_change(run.change)
    announce_run(run)


def announce_run(run: Run) -> None:
    """Tell who watches the change that a run moved."""
    push.announce(f"change.{run.change_id}")


def _record_end(run: Run, before: str, actor_name: str) -> None:
    after: dict[str, object] = {"state": run.state, "director": run.director.name}
    if run.error:
        after["error"] = run.error
    if run.total_steps:
        after["steps"] = f"{run.done_steps} of {run.total_steps}"
    record(
        actor=None,
        actor_name=actor_name,
        action=f"run.{run.state}",
        obj=run,
        before={"state": before},
        after=after,
        change_number=run.change_id,
    )


def _supersede_older(run: Run) -> None:
    """What was lost on this director can't happen any more: its agent refuses lower revisions."""
    assert run.change.revision is not None
    number = run.change.revision.number
    older: QuerySet[Run] = Run.objects.select_for_update(of=("self",)).filter(
        director=run.director,
        inferred=True,
        change__cluster=run.change.cluster,
        change__revision__number__lt=number,
    )
    for lost in older.select_related("director", "change__cluster", "change__revision"):
        lost.inferred = False  # whatever is said of it now is of no use
        if lost.state != Run.State.LOST:
            lost.save(update_fields=["inferred"])
            continue
        before = lost.state
        lost.state = Run.State.SUPERSEDED
        lost.error = f"{run.director.name} verified revision {number} since."
        lost.save(update_fields=["state", "error", "inferred"])
        _record_end(lost, before, run.director.name)
        _end_change(lost.change)  # its note names the run as it is now
        announce_run(lost)


def _end_change(change: Change) -> None:
    """End the change when no run is open: applied only when every director verified it."""
    runs = list(change.runs.select_related("director").order_by("director__name"))
    if any(run.state in UNENDED for run in runs):
        return
    state, note = _outcome(runs), _note(runs)
    if state == Change.State.APPLIED != change.state and (joined := _joined_since(change, runs)):
        state, note = (
            Change.State.PARTIAL,
            f"{joined} joined the cluster since, and has no run of it"[:300],
        )
    changes.end_change(change=change, state=state, note=note)


def _joined_since(change: Change, runs: list[Run]) -> str:
    """The cluster's directors that had no part in the change: its truth came late, and they came meanwhile.

    A head is what every director verified, so it is none.
    """
    others = change.cluster.directors.exclude(pk__in=[run.director_id for run in runs])
    return ", ".join(others.order_by("name").values_list("name", flat=True))


def _outcome(runs: list[Run]) -> Change.State:
    states = {run.state for run in runs}
    if states == {Run.State.VERIFIED}:
        return Change.State.APPLIED
    touched = {Run.State.VERIFIED, Run.State.PARTIAL}
    return Change.State.PARTIAL if states & touched else Change.State.FAILED


_TROUBLE = (
    Run.State.FAILED,
    Run.State.PARTIAL,
    Run.State.LOST,
    Run.State.SUPERSEDED,
    Run.State.SKIPPED,
)


def _note(runs: list[Run]) -> str:
    """`1 of 3 directors verified it; failed: d2; lost: d3`, "" when all did."""
    verified = [run for run in runs if run.state == Run.State.VERIFIED]
    if len(verified) == len(runs):
        return ""
    parts = [f"{len(verified)} of {len(runs)} directors verified it"]
    for state in _TROUBLE:
        names = ", ".join(run.director.name for run in runs if run.state == state)
        if names:
            parts.append(f"{state.label}: {names}")
    return "; ".join(parts)[:300]
