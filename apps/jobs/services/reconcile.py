"""What became of lost runs, as the next heartbeat of their director tells.

A run is called lost when nothing is known of it. Each heartbeat says what became of the order that the
director was given last, so nothing stays unknown for longer than a director is away.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.inventory.models import Director
from apps.jobs.models import Run
from apps.jobs.services.ending import end_run, lock_run
from apps.jobs.services.reports import LONGEST_ERROR
from apps.telemetry import services as telemetry
from lvs.agent.sealing import CLOCK_SKEW

Message = dict[str, Any]

_ENDS = {
    "verified": Run.State.VERIFIED,
    "failed": Run.State.FAILED,
    "partial": Run.State.PARTIAL,
    "interrupted": Run.State.PARTIAL,
}
_INTERRUPTED = (
    "Its agent ended in the middle of the run. The next change starts from what the kernel holds."
)


def store_heartbeat(*, director: Director, message: Message, seen_at: datetime) -> None:
    """Store a heartbeat, and settle what it speaks of: lost runs, and an end that was only concluded.

    Raises telemetry's Replayed.
    """
    if not telemetry.store_heartbeat(director=director, message=message, seen_at=seen_at):
        return
    told = min(message["last_run"].get("run", 0), 2**63 - 1)
    unsettled = Q(state=Run.State.LOST) | Q(pk=told, inferred=True)
    runs = Run.objects.filter(unsettled, director=director).order_by("pk")
    for number in list(runs.values_list("pk", flat=True)):
        _settle(number, message)


@transaction.atomic
def _settle(number: int, message: Message) -> None:
    run = lock_run(number)
    if run is None:
        return
    last = message["last_run"]
    if last and last["run"] == run.pk:
        if run.state == Run.State.LOST or run.inferred:
            _end_as_told(run, last)
    elif run.state == Run.State.LOST:
        _conclude(run, message, last)


def _conclude(run: Run, message: Message, last: Message) -> None:
    """The end of a lost run of which its director says nothing, as far as that tells."""
    name = run.director.name
    if last and last["run"] > run.pk and _newer(run, last):
        note = f"{name} was given a newer revision since: it will not carry this one out."
        end_run(run, Run.State.SUPERSEDED, error=note, actor_name=name)
    elif last and last["run"] > run.pk and message["at"] > _too_late_after(run):
        note = f"{name} works for another cluster since: what became of this it tells no more."
        end_run(run, Run.State.SUPERSEDED, error=note, actor_name=name, inferred=True)
    elif message["problem"] or (last and last["run"] >= run.pk):
        return  # it can't tell
    elif run.started_at is not None:  # it had begun, and its director has forgotten it
        note = f"{name} began it and knows nothing of it any more: what it wrote is not known."
        end_run(run, Run.State.PARTIAL, error=note, actor_name=name, inferred=True)
    elif message["at"] > _too_late_after(run):
        note = f"{name} never began it: the order did not reach it in time. It changed nothing."
        end_run(run, Run.State.FAILED, error=note, actor_name=name, inferred=True)


def _end_as_told(run: Run, last: Message) -> None:
    state = _ENDS.get(last["state"])
    revision = run.change.revision
    if revision is None or last["revision"] != revision.number or state == run.state:
        return
    if state is None:  # it is under way still; its own reports will tell
        if run.started_at is None:
            run.started_at = timezone.now()
            run.save(update_fields=["started_at"])
        return
    if state == Run.State.VERIFIED and last["digest"] != revision.digest:
        return
    error = _INTERRUPTED if last["state"] == "interrupted" else last["error"][:LONGEST_ERROR]
    end_run(run, state, error=error, actor_name=run.director.name, inferred=True)


def _newer(run: Run, last: Message) -> bool:
    """Whether the later run is of the same cluster: only there revisions count on."""
    later = Run.objects.filter(pk=min(last["run"], 2**63 - 1), director=run.director)
    return later.filter(change__cluster=run.change.cluster_id).exists()


def _too_late_after(run: Run) -> float:
    """When the director itself, by its own clock, would refuse the order: unix seconds."""
    end = run.queued_at + timedelta(seconds=settings.RUN_DEADLINE + CLOCK_SKEW)
    return end.timestamp()
