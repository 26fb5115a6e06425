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

_wanted: set[str] = set()
"""Tasks that somebody wants since the worker was asked last."""
_asking: set[str] = set()
"""Tasks with a thread that asks for them."""
_lock = threading.Lock()
"""Held while either is looked at or changed."""


def nudge_after_commit(task: str) -> None:
    """Ask for the task once this transaction is committed. Never raises, never waits for Redis."""
    transaction.on_commit(lambda: _nudge(task), robust=True)


def _nudge(task: str) -> None:
    """In a thread: a Redis that is down must not hold up the request. One at a time for each task; what is
    wanted while it asks, it asks for once more: the worker may have looked before that was committed.
    """
    with _lock:
        _wanted.add(task)
        if task in _asking:
            return
        _asking.add(task)
    threading.Thread(target=_ask_worker, args=(task,), name="nudge", daemon=True).start()


def _ask_worker(task: str) -> None:
    while _take(task):
        try:
            app.send_task(task, retry=False, expires=settings.DELIVER_EVERY)
        except Exception as error:  # the worker's beat comes anyway
            logger.warning("the worker was not asked to deliver at once: %s", error)


def _take(task: str) -> bool:
    """Whether it is wanted still; if not, this thread no longer asks for it."""
    with _lock:
        if task in _wanted:
            _wanted.discard(task)
            return True
        _asking.discard(task)
        return False
