"""Sending what stands in the outbox, again and again until its run ends.

Two workers may do this side by side: a row is claimed by moving its `next_send` on, with the old value
as the condition. A worker that dies after the claim costs one pause, never the order.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from apps.changes.models import Review
from apps.jobs.models import OPEN, Outbox, Run
from apps.jobs.services.ending import announce_run
from apps.jobs.services.send import UNREACHABLE, concerns_one, send_sealed
from apps.trust.selectors import NotEnrolled, identity_to_seal_for
from apps.trust.signing import SigningKeyError, signing_key
from lvs.agent.envelope import Order, seal_order
from lvs.agent.sealing import CLOCK_SKEW
from lvsconsole.redis_client import connect

logger = logging.getLogger(__name__)

LONGEST_BACKOFF = 30.0
"""Seconds; the first pause after an error is DELIVER_EVERY, each further one twice as long."""

SWEEP_AFTER = timedelta(days=1)
"""Past its deadline an order may lie in a queue that long. The envelope's own expiry is what counts: a
director whose clock is wrong must see it, to refuse it and to say so; Celery would drop it silently."""


def deliver_outbox() -> int:
    """Send every order that is due; returns how many were sent. Raises nothing but database errors.

    A run that was heard of within RESEND_AFTER is left alone, and so is one whose order still waits in
    the director's queue: it needs no second copy.
    """
    now = timezone.now()
    due = Outbox.objects.filter(next_send__lte=now, run__state__in=OPEN)
    due = due.select_related("run__director", "run__change__revision")
    sent = 0
    for entry in due.order_by("next_send"):
        if not _claim(entry, _pause_end(entry.run, now)):
            continue
        if _heard_lately(entry.run, now):
            continue
        try:
            sent += _send(entry)
        except (SigningKeyError, NotEnrolled) as error:
            _note_failure(entry, f"Not sent yet: {error}")
        except UNREACHABLE as error:
            _note_failure(entry, f"Not sent yet, Redis does not take the order: {error}")
            if not concerns_one(error):
                break  # nor would it take the others'
    return sent


def _claim(entry: Outbox, until: datetime) -> bool:
    """Whether this worker, and no other, may send the entry now."""
    same = Outbox.objects.filter(pk=entry.pk, next_send=entry.next_send)
    return same.update(next_send=until) == 1


def _pause_end(run: Run, now: datetime) -> datetime:
    start = max(now, run.heard_at) if run.heard_at and _heard_lately(run, now) else now
    return start + timedelta(seconds=settings.RESEND_AFTER)


def _heard_lately(run: Run, now: datetime) -> bool:
    pause = timedelta(seconds=settings.RESEND_AFTER)
    return run.heard_at is not None and now - run.heard_at < pause


def _send(entry: Outbox) -> bool:
    """Hand the sealed order to Redis. False when the copy before still waits in the queue."""
    director = entry.run.director
    if entry.sent and _waits_in_queue(director.queue):
        return False
    sealed = seal_order(_order(entry), signing_key())
    send_sealed(director, sealed, sweep_at=entry.deadline + SWEEP_AFTER)
    now = timezone.now()
    Outbox.objects.filter(pk=entry.pk).update(
        sent=F("sent") + 1, last_sent=now, last_error="", failures=0
    )
    if entry.last_error:
        announce_run(entry.run)
    logger.info("sent the order of run %s to %s", entry.run_id, director.name)
    return True


def _waits_in_queue(queue: str) -> bool:
    """Whether an order lies there that the director did not take: Celery's queue is a Redis list."""
    with connect(timeout=2.0) as client:
        return int(client.llen(queue)) > 0


def _order(entry: Outbox) -> Order:
    """The order as it was approved. It expires early enough that none is begun past the deadline."""
    run, change = entry.run, entry.run.change
    revision = change.revision
    assert revision is not None
    approvals = Review.objects.filter(
        change=change,
        verdict=Review.Verdict.APPROVE,
        digest=revision.digest,
        version=change.version,
    ).select_related("reviewer")
    margin = min(CLOCK_SKEW, settings.RUN_DEADLINE / 2)
    plan = change.plans.filter(director=run.director).only("adopt").first()
    return Order(
        director=str(run.director.uuid),
        identity=identity_to_seal_for(run.director).key_id,
        cluster=str(change.cluster_id),
        revision=revision.number,
        run=run.pk,
        change=change.pk,
        digest=revision.digest,
        expected_digest=run.expected_digest,
        adopt=plan is not None and plan.adopt,
        approval={
            "change": change.pk,
            "digest": revision.digest,
            "basis": change.approved_by,
            "approvers": [review.reviewer.username for review in approvals],
        },
        not_before=run.queued_at.timestamp(),
        expires=entry.deadline.timestamp() - margin,
        table=revision.table,
    )


def _note_failure(entry: Outbox, error: str) -> None:
    pause = min(settings.DELIVER_EVERY * 2 ** min(entry.failures, 10), LONGEST_BACKOFF)
    logger.warning("run %s is not delivered yet: %s", entry.run_id, error)
    Outbox.objects.filter(pk=entry.pk).update(
        next_send=timezone.now() + timedelta(seconds=pause),
        last_error=error[:300],
        failures=F("failures") + 1,
    )
    if error[:300] != entry.last_error:
        announce_run(entry.run)
