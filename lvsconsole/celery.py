"""The console's own Celery app: outbox and reaper, on queue `console`.

Run it with `celery -A lvsconsole worker -B -Q console -c 1 -l info`.
"""

import os
from typing import Any

from celery import Celery
from django.conf import settings
from kombu import Exchange, Queue

from lvs.agent.link import LOOK_FOR_DEAD_EVERY

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lvsconsole.settings")


def _every(seconds: float, task: str) -> dict[str, Any]:
    """A task of the beat. One that waited a whole turn is dropped: the next is there."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


app = Celery("lvsconsole")
app.conf.update(
    broker_url=settings.REDIS.url,
    broker_use_ssl=settings.REDIS.tls_options() or None,
    task_default_queue="console",
    # no_ack: a look into the outbox that is lost is made again in two seconds, while one whose
    # acknowledgement failed as Redis went away would stop the worker for ever (kombu reads no more).
    task_queues=[Queue("console", Exchange(""), routing_key="console", no_ack=True)],
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    enable_utc=True,
    timezone="UTC",
    # Redis may be away for as long as it likes; the worker waits for it, and is back within seconds.
    worker_consumer="lvs.agent.consumer:PatientConsumer",
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_connection_timeout=2,
    broker_transport_options={
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "health_check_interval": LOOK_FOR_DEAD_EVERY,
        # Who sends is told at once that Redis is away, instead of waiting for it.
        "max_retries": 0,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    },
    task_publish_retry=False,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    worker_prefetch_multiplier=1,
    # In memory, in no file: nothing in the schedule needs to survive a restart.
    beat_scheduler="lvsconsole.beat:QuietScheduler",
    beat_schedule={
        "deliver-outbox": _every(settings.DELIVER_EVERY, "apps.jobs.tasks.deliver_outbox"),
        "deliver-errands": _every(settings.DELIVER_EVERY, "apps.jobs.tasks.deliver_errands"),
        "keep-access": _every(settings.DELIVER_EVERY, "apps.trust.tasks.keep_access"),
        "spread-keys": _every(settings.SPREAD_KEYS_EVERY, "apps.jobs.tasks.spread_keys"),
        "begin-what-is-due": _every(settings.DELIVER_EVERY, "apps.jobs.tasks.begin_what_is_due"),
        "watch-drains": _every(settings.DELIVER_EVERY, "apps.drains.tasks.watch_drains"),
        "deliver-notices": _every(settings.DELIVER_EVERY, "apps.notify.tasks.deliver_notices"),
        "forget-notices": _every(3600.0, "apps.notify.tasks.forget_notices"),
        "seal-audit-log": _every(settings.AUDIT_SEAL_EVERY, "apps.jobs.tasks.seal_audit_log"),
        "send-audit-log": _every(settings.AUDIT_SEND_EVERY, "apps.jobs.tasks.send_audit_log"),
        "reap-runs": _every(settings.REAP_EVERY, "apps.jobs.tasks.reap_runs"),
    },
)
app.autodiscover_tasks(["apps.trust", "apps.jobs", "apps.drains", "apps.notify"])
