"""Everything that writes what became of an approved change."""

from apps.jobs.services.deliver import deliver_outbox
from apps.jobs.services.reap import reap_runs
from apps.jobs.services.reports import (
    store_refused,
    store_run_finished,
    store_run_started,
    store_run_steps,
)
from apps.jobs.services.start import approve_and_start, start_change

__all__ = [
    "approve_and_start",
    "deliver_outbox",
    "reap_runs",
    "start_change",
    "store_refused",
    "store_run_finished",
    "store_run_started",
    "store_run_steps",
]
