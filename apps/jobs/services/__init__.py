"""Everything that writes what became of an approved change, and of errands."""

from apps.jobs.services.deliver import deliver_outbox
from apps.jobs.services.drift import revert_drift
from apps.jobs.services.due import begin_what_is_due
from apps.jobs.services.errands import (
    ask_director,
    deliver_errands,
    reap_errands,
    store_errand_answered,
)
from apps.jobs.services.reap import reap_runs
from apps.jobs.services.reconcile import store_heartbeat
from apps.jobs.services.reports import (
    store_refused,
    store_run_finished,
    store_run_started,
    store_run_steps,
)
from apps.jobs.services.spread_keys import spread_keys
from apps.jobs.services.start import (
    approve_and_start,
    start_change,
    start_due,
    submit_and_start,
    take_back,
)

__all__ = [
    "approve_and_start",
    "ask_director",
    "begin_what_is_due",
    "deliver_errands",
    "deliver_outbox",
    "reap_errands",
    "reap_runs",
    "revert_drift",
    "spread_keys",
    "start_change",
    "start_due",
    "store_errand_answered",
    "store_heartbeat",
    "store_refused",
    "store_run_finished",
    "store_run_started",
    "store_run_steps",
    "submit_and_start",
    "take_back",
]
