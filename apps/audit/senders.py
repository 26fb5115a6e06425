"""Threads of the worker that send the log outside: a slow place delays no order, and no other place.

The worker does one task at a time, and orders to directors are among them. So its task only wakes these
threads, one for each sink, which end when the sink has everything, or is down.
"""

import logging
import threading

from django.db import connection

from apps.audit.services import send_outside
from apps.audit.sinks import Configured, configured

logger = logging.getLogger(__name__)

_running: dict[tuple[str, str], threading.Thread] = {}


def wake() -> None:
    """Let a thread send each sink what it lacks, unless one does already. Waits for nothing."""
    for sink in configured():
        thread = _running.get((sink.kind, sink.target))
        if thread is None or not thread.is_alive():
            name = f"audit-{sink.kind}"
            thread = threading.Thread(target=_send, args=(sink,), name=name, daemon=True)
            _running[sink.kind, sink.target] = thread
            thread.start()


def _send(sink: Configured) -> None:
    try:
        send_outside(to=[sink])
    except Exception:
        logger.exception("the audit log waits for the next beat")
    finally:
        connection.close()
