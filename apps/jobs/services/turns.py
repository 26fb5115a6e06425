"""Director by director: whose turn it is, and what becomes of the rest when one fails."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.jobs.models import OPEN, Outbox, Run
from lvsconsole.nudge import DELIVER_OUTBOX, nudge_after_commit


def queue_run(run: Run, actor: User | None = None) -> None:
    """It is this run's turn: give it its place in the outbox."""
    run.state = Run.State.QUEUED
    run.queued_at = now = timezone.now()
    run.save(update_fields=["state", "queued_at"])
    deadline = now + timedelta(seconds=settings.RUN_DEADLINE)
    Outbox.objects.create(run=run, next_send=now, deadline=deadline)
    assert run.change.revision is not None
    record(
        actor=actor,
        action="run.queued",
        obj=run,
        after={"director": run.director.name, "revision": run.change.revision.number},
        change_number=run.change_id,
    )
    nudge_after_commit(DELIVER_OUTBOX)


def next_turn(run: Run) -> None:
    """After a (locked) run ended: the next director's turn, or nobody's any more when it didn't verify."""
    waiting = run.change.runs.filter(state=Run.State.WAITING).select_related("director")
    if run.change.runs.filter(state__in=OPEN).exists():
        return
    if run.state == Run.State.VERIFIED:
        following = waiting.order_by("position").first()
        if following is not None:
            queue_run(following)
        return
    for skipped in waiting:
        _skip(skipped, f"Not begun: {run.director.name} did not verify it.")


def _skip(run: Run, why: str) -> None:
    run.state, run.error, run.ended_at = Run.State.SKIPPED, why, timezone.now()
    run.save(update_fields=["state", "error", "ended_at"])
    record(
        actor=None,
        action="run.skipped",
        obj=run,
        before={"state": Run.State.WAITING},
        after={"state": run.state, "director": run.director.name, "error": why},
        change_number=run.change_id,
    )
