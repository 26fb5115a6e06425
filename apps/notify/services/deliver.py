"""Sending what waits in the outbox of notifications, again and again with growing pauses.

Two workers may do this side by side: a row is taken by moving its `next_send` on, with the old value as
the condition. Each message arrives at least once: a worker that dies between sending and noting it costs
one LEASE, and the message comes twice, with the same id. Better twice than never.
"""

import logging
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from apps.notify.audience import needless
from apps.notify.failed import Failed
from apps.notify.http import post
from apps.notify.mail import send_mail
from apps.notify.models import Delivery
from apps.notify.sealing import Unreadable, open_secret
from apps.notify.signing import body_of, headers_of

logger = logging.getLogger(__name__)

PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (30, 120, 300, 900, 1800, 3600, 7200, 14400, 28800, 28800)
)
"""After each try that failed; after the last one, a day later, the message is given up."""

LEASE = timedelta(minutes=5)
"""Longer than any try takes: nobody else takes the row meanwhile."""

D = Delivery.State


def deliver_due() -> int:
    """Send all that is due, one after the other; returns how many were sent. Raises database errors.

    A message that can't be sent also holds back the others for the same place, for one short pause: a
    server that is down is not asked by each of them.
    """
    sent = 0
    while (delivery := _take()) is not None:
        sent += _deliver(delivery)
    return sent


def _take() -> Delivery | None:
    """The next message that is due, which this worker, and no other, may send now."""
    now = timezone.now()
    due = Delivery.objects.filter(state=D.WAITING, next_send__lte=now)
    for pk, next_send in due.order_by("next_send", "pk").values_list("pk", "next_send")[:20]:
        same = Delivery.objects.filter(pk=pk, state=D.WAITING, next_send=next_send)
        if same.update(next_send=now + LEASE):
            related = ("event__change__cluster", "event__cluster", "user", "webhook")
            return Delivery.objects.select_related(*related).filter(pk=pk).first()
    return None


def _deliver(delivery: Delivery) -> bool:
    if why := needless(delivery):
        _note(delivery, state=D.DROPPED, note=why)
        return False
    now = timezone.now()
    try:
        status = _send(delivery)
    except Failed as error:
        _fail(delivery, error, now)
        return False
    except Exception as error:  # else it came back for ever, and held up the others
        logger.exception("%s can't be sent", delivery)
        _fail(
            delivery, Failed(f"The console met an error: {type(error).__name__}", alone=True), now
        )
        return False
    _note(delivery, state=D.SENT, tries=F("tries") + 1, tried_at=now, status=status, note="")
    return True


def _send(delivery: Delivery) -> int | None:
    """The HTTP status, None of an e-mail. Raises Failed."""
    event, hook = delivery.event, delivery.webhook
    if hook is None:
        assert delivery.user is not None
        send_mail(event, delivery.user)
        return None
    try:
        secret = open_secret(hook.secret)
    except Unreadable as error:
        raise Failed(str(error)) from None
    body = body_of(event)
    headers = headers_of(event, body, secret)
    return post(hook.url, body, headers, own_host=hook.cluster_id is None)


def _fail(delivery: Delivery, error: Failed, now: datetime) -> None:
    tries = delivery.tries + 1
    over = error.final or tries > len(PAUSES)
    logger.warning("%s %s: %s", delivery, "is given up" if over else "is not sent yet", error)
    _note(
        delivery,
        state=D.GIVEN_UP if over else D.WAITING,
        next_send=now if over else now + PAUSES[tries - 1],
        tries=tries,
        tried_at=now,
        status=error.status,
        note=str(error),
    )
    if not error.alone:
        until = now + PAUSES[0]
        others = Delivery.objects.filter(state=D.WAITING, next_send__lt=now)
        same_place = others.filter(webhook=delivery.webhook_id)  # None: all e-mails
        same_place.update(next_send=until)


def _note(delivery: Delivery, **fields: object) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(**fields)
