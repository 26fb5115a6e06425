"""The console's own Celery app: outbox and reaper, on queue `console`."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lvsconsole.settings")

app = Celery("lvsconsole")
app.conf.update(
    broker_url=settings.REDIS_URL,
    task_default_queue="console",
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    enable_utc=True,
    timezone="UTC",
    broker_connection_retry_on_startup=True,
    broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 2},
    worker_enable_remote_control=False,
    beat_schedule={
        "deliver-outbox": {"task": "apps.jobs.tasks.deliver_outbox", "schedule": 2.0},
        "reap-runs": {"task": "apps.jobs.tasks.reap_runs", "schedule": 15.0},
    },
)
app.autodiscover_tasks(["apps.jobs"])
