"""Storing what directors report of their runs. Each report may come twice, late, or in another order.

Only the director of a run may speak of it. An ended run stays as it ended, except where the console only
concluded how: what its director then says is the truth.
"""

import logging
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.audit.models import AuditRecord
from apps.audit.services import record
from apps.inventory.models import Director
from apps.jobs.models import OPEN, Outbox, Run
from apps.jobs.services import steps
from apps.jobs.services.ending import announce_run, end_run, lock_run
from apps.jobs.services.errands import note_errands_refused
from apps.trust.services import note_refusal
from lvs.agent.envelope import KIND as ORDER
from lvs.agent.errand import KIND as ERRAND

logger = logging.getLogger(__name__)

Message = dict[str, Any]

LONGEST_ERROR = 10_000
"""Characters that are kept of why a run failed: pages show all of it, and so does the audit log."""


@transaction.atomic
def store_run_started(*, director: Director, message: Message) -> None:
    """The director has its plan and begins to write."""
    run = _run_for(director, message)
    if run is None or not _may_speak_of(run):
        return
    _begin(run, message)
    steps.plan_steps(run, message["steps"])
    _save_progress(run)


@transaction.atomic
def store_run_steps(*, director: Director, message: Message) -> None:
    """Some steps have ended, well or not."""
    run = _run_for(director, message)
    if run is None or not _may_speak_of(run):
        return
    _begin(run, message)
    steps.note_results(run, message["results"])
    _save_progress(run)


@transaction.atomic
def store_run_finished(*, director: Director, message: Message) -> None:
    """The end of the run, complete in itself: verified, failed or partial."""
    run = _run_for(director, message)
    if run is None or not _may_speak_of(run):
        return
    _hear(run, message)
    run.started_at = run.started_at or timezone.now()
    steps.finish_steps(run, message["steps"], already=message["already"])
    _save_progress(run)
    error = (message["error"] or message["code"])[:LONGEST_ERROR]
    end_run(run, Run.State(message["state"]), error=error, actor_name=director.name)


@transaction.atomic
def store_refused(*, director: Director, message: Message) -> None:
    """The director refused what it was sent, and changed nothing. Its queued runs show the reason, where it
    was an order or may have been one; errands that wait for an answer likewise.

    Orders are sent again, so the same reason comes again: it is recorded once.
    """
    said = {ORDER: "the order", ERRAND: "what it was asked"}.get(
        message["what"], "what it was sent"
    )
    reason = f"{director.name} refused {said}: {message['reason']}"[:300]
    logger.warning("%s", reason)
    note_refusal(obj=director, action="director.refused", reason=reason, actor_name=director.name)
    if message["what"] in ("", ERRAND):
        note_errands_refused(director, reason)
    if message["what"] in ("", ORDER):
        _note_orders_refused(director, reason)


def _note_orders_refused(director: Director, reason: str) -> None:
    waiting = Outbox.objects.select_for_update(of=("self",)).select_related("run__director")
    waiting = waiting.filter(run__director=director, run__state=Run.State.QUEUED)
    for entry in waiting.exclude(refusal=reason):
        Outbox.objects.filter(pk=entry.pk).update(refusal=reason)
        note_refusal(
            obj=entry.run,
            action="run.order_refused",
            reason=reason,
            actor_name=director.name,
            change_number=entry.run.change_id,
        )
        announce_run(entry.run)


def _run_for(director: Director, message: Message) -> Run | None:
    """The run of the report, locked; None when the report is not to be believed."""
    number = message["run"]
    run = lock_run(number) if 0 < number < 2**63 else None
    if run is None:
        logger.warning("%s reports of run %s, which is unknown here", director.name, number)
        return None
    wrong = _what_is_wrong(run, director, message)
    if wrong:
        logger.warning("report of run %s by %s refused: %s", number, director.name, wrong)
        _record_refusal(run, director, wrong)
        return None
    return run


def _record_refusal(run: Run, director: Director, reason: str) -> None:
    """Once for each run and director: who repeats it must not fill the audit log."""
    known = AuditRecord.objects.filter(
        object_type="run",
        object_id=str(run.pk),
        action="run.report_refused",
        actor_name=director.name,
    )
    if not known.exists():
        record(
            actor=None,
            actor_name=director.name,
            action="run.report_refused",
            obj=run,
            reason=reason,
            change_number=run.change_id,
        )


def _what_is_wrong(run: Run, director: Director, message: Message) -> str:
    if run.director_id != director.pk:
        return f"{director.name} spoke of a run of {run.director.name}"
    revision = run.change.revision
    if "revision" in message and (revision is None or message["revision"] != revision.number):
        return f"{director.name} spoke of revision {message['revision']}, which is not the run's"
    if message.get("state") == Run.State.VERIFIED and (
        revision is None or message["digest"] != revision.digest
    ):
        return f"{director.name} called another table verified than the approved one"
    return ""


def _may_speak_of(run: Run) -> bool:
    """What the console concluded from silence, or from a heartbeat, the director's own report corrects."""
    return run.state in (*OPEN, Run.State.LOST) or run.inferred


def _hear(run: Run, message: Message) -> None:
    """Only what was said after all before keeps a run alive: a recorded report, sent again, does not.

    In one life of the agent numbers tell that, whatever its clock does; of two lives their time.
    """
    life, number = message.get("session", "")[:32], min(message.get("number", 0), 2**63 - 1)
    later = run.said_at is None or message["at"] > run.said_at
    if number > run.said_number if life == run.said_by and number else later:
        run.said_by, run.said_number, run.said_at = life, number, message["at"]
        run.heard_at = timezone.now()


def _begin(run: Run, message: Message) -> None:
    """Any word of a queued run says that it runs; the first one is recorded."""
    _hear(run, message)
    run.started_at = run.started_at or timezone.now()  # also of one that was called lost meanwhile
    if run.state != Run.State.QUEUED:
        return
    run.state = Run.State.RUNNING
    run.save(update_fields=["state", "started_at"])
    Outbox.objects.filter(run=run).update(refusal="")  # it was taken after all
    record(
        actor=None,
        actor_name=run.director.name,
        action="run.started",
        obj=run,
        before={"state": Run.State.QUEUED},
        after={"state": Run.State.RUNNING, "director": run.director.name},
        change_number=run.change_id,
    )


def _save_progress(run: Run) -> None:
    said = ("heard_at", "said_by", "said_number", "said_at")
    run.save(update_fields=[*said, "started_at", "done_steps", "total_steps"])
    announce_run(run)
