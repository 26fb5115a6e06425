"""The outbox: what happened, and a row for each person and program that is told of it.

Written in the transaction of what happened: what is rolled back is never told.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.changes.models import Change
from apps.inventory.models import Director
from apps.notify.audience import people_for, webhooks_for
from apps.notify.models import Delivery, Event

KEEP = timedelta(days=30)
"""How long what was told can be looked up."""


@transaction.atomic
def queue_event(
    *,
    kind: str,
    change: Change | None = None,
    director: Director | None = None,
    by: str = "",
    detail: str = "",
) -> Event:
    """Note what happened to a change or a director, and whom it is told to; workers send it.

    by: who did it, "" = nobody did. detail: what more there is to say, in one line. It is no act of its
    own: the audit record is that of what it tells of.
    """
    cluster = change.cluster if change else director.cluster if director else None
    event = Event.objects.create(
        kind=kind,
        at=timezone.now(),
        cluster=cluster,
        change=change,
        director=director,
        facts=_facts(cluster.name if cluster else "", change, director, by, detail),
    )
    rows = [Delivery(event=event, user=user, next_send=event.at) for user in people_for(event)]
    rows += [Delivery(event=event, webhook=h, next_send=event.at) for h in webhooks_for(event)]
    Delivery.objects.bulk_create(rows)
    return event


@transaction.atomic
def forget_old() -> int:
    """Remove events from before KEEP, however they ended; returns how many."""
    old = Event.objects.filter(at__lt=timezone.now() - KEEP)
    count = old.count()
    old.delete()
    return count


def _facts(
    cluster: str, change: Change | None, director: Director | None, by: str, detail: str
) -> dict[str, Any]:
    """The names of now: a message that is sent again says the same, whatever was renamed since."""
    facts: dict[str, Any] = {"cluster": cluster, "by": by, "detail": " ".join(detail.split())}
    if change is not None:
        facts["change"] = {
            "number": change.pk,
            "title": change.title,
            "author": change.author.display_name,
            "reason": change.reason,
            "version": change.version,
        }
    if director is not None:
        facts["director"] = {"name": director.name, "uuid": str(director.uuid)}
    return facts
