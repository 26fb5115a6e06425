"""Threads of the worker that send notifications: a slow mail server or webhook delays no order.

The worker does one task at a time, and orders to directors are among them. So its task only wakes these
threads, which end when nothing is due any more.
"""

import logging
import threading

from django.db import connection

from apps.notify import services
from apps.notify.selectors import something_is_due

logger = logging.getLogger(__name__)

SENDERS = 4
"""At most so many hang on slow servers at once."""

_running: list[threading.Thread] = []


def wake() -> None:
    """Let threads send what is due, unless they do already. Waits for nothing but one look."""
    _running[:] = [thread for thread in _running if thread.is_alive()]
    if len(_running) >= SENDERS or not something_is_due():
        return
    thread = threading.Thread(target=_send, name="notifications", daemon=True)
    _running.append(thread)
    thread.start()


def _send() -> None:
    try:
        services.deliver_due()
    except Exception:
        logger.exception("notifications wait for the next beat")
    finally:
        connection.close()
