"""Asking the console's worker to look now rather than at its next beat."""

import logging
import threading

from django.conf import settings
from django.db import transaction

from lvsconsole.celery import app

logger = logging.getLogger(__name__)

DELIVER_OUTBOX = "apps.jobs.tasks.deliver_outbox"
DELIVER_ERRANDS = "apps.jobs.tasks.deliver_errands"
KEEP_ACCESS = "apps.trust.tasks.keep_access"
"""Tasks by their names: their module imports the services that nudge."""

_nudging = {name: threading.Lock() for name in (DELIVER_OUTBOX, DELIVER_ERRANDS, KEEP_ACCESS)}


def nudge_after_commit(task: str) -> None:
    """Ask for the task once this transaction is committed. Never raises, never waits for Redis."""
    transaction.on_commit(lambda: _nudge(task), robust=True)


def _nudge(task: str) -> None:
    """In a thread: a Redis that is down must not hold up the request."""
    if _nudging[task].acquire(blocking=False):
        threading.Thread(target=_ask_worker, args=(task,), name="nudge", daemon=True).start()


def _ask_worker(task: str) -> None:
    try:
        app.send_task(task, retry=False, expires=settings.DELIVER_EVERY)
    except Exception as error:  # the worker's beat comes anyway
        logger.warning("the worker was not asked to deliver at once: %s", error)
    finally:
        _nudging[task].release()
