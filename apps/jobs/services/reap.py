"""Calling runs lost of which nothing is heard any more."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.jobs.models import OPEN, Outbox, Run
from apps.jobs.services.beats import each_by_itself
from apps.jobs.services.ending import announce_run, end_run, lock_run
from apps.telemetry.selectors import listening

logger = logging.getLogger(__name__)


def reap_runs() -> int:
    """End as lost every open run past its deadline whose director is silent; returns how many.

    Nothing is called lost while no relay has listened for long enough: its report may be waiting. One that
    can't be ended says so, and keeps no other.
    """
    now = timezone.now()
    span = listening(now)
    patience = timedelta(seconds=settings.DIRECTOR_AWAY_AFTER)
    if span is None or span.until - span.since < patience:
        return 0
    late = Run.objects.filter(outbox__deadline__lt=now, state__in=OPEN).order_by("pk")
    return each_by_itself(list(late), lambda run: _reap(run.pk, now), _note)


def _note(run: Run, why: str) -> None:
    """Say beside the run why it can't be ended now, once."""
    why = f"Not ended yet: {why}"[:300]
    if Outbox.objects.filter(run=run).exclude(last_error=why).update(last_error=why):
        announce_run(run)


@transaction.atomic
def _reap(run_id: int, now: datetime) -> bool:
    run = lock_run(run_id)
    if run is None or run.state not in OPEN:
        return False
    name = run.director.name
    if run.state == Run.State.QUEUED:
        refusal = Outbox.objects.values_list("refusal", flat=True).get(run=run)
        said = (
            f"{refusal}." if refusal else f"Not delivered: {name} did not take the order in time."
        )
        note = f"{said} As far as we know, it changed nothing."
    else:
        heard = run.heard_at or run.started_at or run.queued_at
        if now - heard < timedelta(seconds=settings.RUN_SILENCE):
            return False
        note = (
            f"No word from {name} since {heard:%Y-%m-%d %H:%M:%S} UTC, in the middle of the run. "
            "What its kernel holds is not known until it reports."
        )
    logger.warning("run %s is lost: %s", run.pk, note)
    end_run(run, Run.State.LOST, error=note, actor_name="system", inferred=True)
    return True
