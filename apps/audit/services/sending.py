"""Sending the log outside: at least once, in order, nothing left out while a sink is down."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.audit.lines import document, seal_document
from apps.audit.models import AuditLink, AuditRecord, AuditSeal, AuditSink
from apps.audit.sinks import Configured, configured
from apps.audit.sinks.errors import SinkDown

logger = logging.getLogger(__name__)
BATCH = 100
BATCH_SIZE = 2_000_000
"""Characters of a batch, roughly: one record alone may be longer."""
LONGEST_WAIT = 300
"""Seconds until a sink that is down is tried again, at most."""


def send_outside(*, to: Sequence[Configured] | None = None) -> None:
    """Send these sinks (None: all that the settings name) what they have not got yet: records, and then the
    seals on them."""
    for each in configured() if to is None else to:
        sink, _ = AuditSink.objects.get_or_create(kind=each.kind, target=each.name)
        if sink.retry_at is None or sink.retry_at <= timezone.now():
            _send(each, sink)


def _send(to: Configured, sink: AuditSink) -> None:
    try:
        _check_what_was_sent(sink)
        while True:
            while batch := _batch(sink.position):
                to.sink.send(batch)
                _advance(sink, batch[-1]["position"], batch[-1]["hash"], sink.seal)
            if not (seals := _seals(sink)):
                return
            to.sink.send(seals)
            _advance(sink, sink.position, sink.hash, seals[-1]["position"])
    except SinkDown as error:
        _wait(sink, str(error))


def _check_what_was_sent(sink: AuditSink) -> None:
    """Raises SinkDown where what the sink took last is no more in the log: what follows now would be taken
    for what it has already, and never leave."""
    links, seals = AuditLink.objects.all(), AuditSeal.objects.all()
    last = links.filter(position=sink.position).values_list("hash", flat=True).first()
    gone = sink.position > 0 and (last is None or sink.hash not in ("", last))
    gone = gone or (sink.seal > 0 and not seals.filter(position=sink.seal).exists())
    if gone:
        raise SinkDown(
            "what was sent last is no more in the log, or another: call “manage.py audit verify”"
        )


def _seals(sink: AuditSink) -> list[dict[str, Any]]:
    """The next seals, of what the sink has."""
    made = AuditSeal.objects.filter(position__gt=sink.seal, position__lte=sink.position)
    return [seal_document(seal) for seal in made.order_by("position")[:BATCH]]


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


def _advance(sink: AuditSink, position: int, hash_: str, seal: int) -> None:
    if sink.failures:
        logger.warning("the audit log reaches the %s again", sink.kind)
    sink.position, sink.hash, sink.seal, sink.failures = position, hash_, seal, 0
    # Never back: another worker may have been further.
    AuditSink.objects.filter(pk=sink.pk, position__lte=position, seal__lte=seal).update(
        position=position, hash=hash_, seal=seal, failures=0, retry_at=None, error=""
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
