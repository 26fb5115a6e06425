"""Calling runs lost of which nothing is heard any more."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.jobs.models import OPEN, Outbox, Run
from apps.jobs.services.ending import end_run, lock_run
from apps.telemetry.selectors import listening

logger = logging.getLogger(__name__)


def reap_runs() -> int:
    """End as lost every open run past its deadline whose director is silent; returns how many.

    Nothing is called lost while no relay has listened for long enough: its report may be waiting.
    """
    now = timezone.now()
    span = listening(now)
    patience = timedelta(seconds=settings.DIRECTOR_AWAY_AFTER)
    if span is None or span.until - span.since < patience:
        return 0
    late = Outbox.objects.filter(deadline__lt=now, run__state__in=OPEN)
    return sum(_reap(run_id, now) for run_id in list(late.values_list("run_id", flat=True)))


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
    end_run(run, Run.State.LOST, error=note, actor_name="system")
    return True
