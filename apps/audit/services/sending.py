"""Sending the log outside: at least once, in order, nothing left out while a sink is down."""

import logging
import time
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.audit.lines import document
from apps.audit.models import AuditLink, AuditRecord, AuditSink
from apps.audit.sinks import Configured, configured
from apps.audit.sinks.errors import SinkDown

logger = logging.getLogger(__name__)
BATCH = 100
BATCH_SIZE = 2_000_000
"""Characters of a batch, roughly: one record alone may be longer."""
BUDGET = 2.0
"""Seconds for one sink at a time: the same worker delivers orders to directors."""
LONGEST_WAIT = 300
"""Seconds until a sink that is down is tried again, at most."""


def send_outside() -> None:
    """Send every configured sink what it has not got yet, as far as there is time."""
    for each in configured():
        sink, _ = AuditSink.objects.get_or_create(kind=each.kind, target=each.name)
        if sink.retry_at is None or sink.retry_at <= timezone.now():
            _send(each, sink)


def _send(to: Configured, sink: AuditSink) -> None:
    end = time.monotonic() + BUDGET
    try:
        while time.monotonic() < end and (batch := _batch(sink.position)):
            to.sink.send(batch)
            _advance(sink, batch[-1]["position"])
    except SinkDown as error:
        _wait(sink, str(error))


def _batch(reached: int) -> list[dict[str, Any]]:
    """The next lines after a position."""
    links = list(AuditLink.objects.filter(position__gt=reached).order_by("position")[:BATCH])
    sizes = dict(
        AuditRecord.objects.filter(pk__in=[link.record_id for link in links]).values_list(
            "pk", "size"
        )
    )
    taken, total = 0, 0
    for link in links:
        total += sizes.get(link.record_id, 0)
        if taken and total > BATCH_SIZE:
            break
        taken += 1
    numbers = [link.record_id for link in links[:taken]]
    records = AuditRecord.objects.defer("search_text").in_bulk(numbers)
    if gone := set(numbers) - records.keys():
        raise SinkDown(f"record {min(gone)} is gone: call “manage.py audit verify”")
    return [document(records[link.record_id], link) for link in links[:taken]]


def _advance(sink: AuditSink, position: int) -> None:
    if sink.failures:
        logger.warning("the audit log reaches the %s again", sink.kind)
    sink.position, sink.failures = position, 0
    # Never back: another worker may have been further.
    AuditSink.objects.filter(pk=sink.pk, position__lte=position).update(
        position=position, failures=0, retry_at=None, error=""
    )


def _wait(sink: AuditSink, error: str) -> None:
    failures = sink.failures + 1
    seconds = min(5 * 2 ** min(failures - 1, 10), LONGEST_WAIT)
    logger.error(
        "the audit log can't be sent to the %s, again in %s s: %s", sink.kind, seconds, error
    )
    AuditSink.objects.filter(pk=sink.pk).update(
        failures=failures,
        retry_at=timezone.now() + timedelta(seconds=seconds),
        error=error[:300],
    )
