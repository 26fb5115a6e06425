"""Putting a sealed text into a director's queue."""

from datetime import datetime

import redis
from kombu.exceptions import KombuError

from apps.inventory.models import Director
from lvs.agent.streams import TASK
from lvsconsole.celery import app

UNREACHABLE = (redis.RedisError, KombuError, OSError)
"""What sending raises while Redis does not take it."""


def concerns_one(error: Exception) -> bool:
    """Whether what sending raised is about that director's own keys, so that others may well be sent to.

    A director may write its keys: one whose host was taken over can make its queue something else than a
    queue. All else that Redis says (it is away, full, loading, a replica) it would say to everybody.
    kombu wraps its error, text and all.
    """
    return "WRONGTYPE" in str(error)


def send_sealed(director: Director, sealed: str, *, sweep_at: datetime) -> None:
    """Send it once. sweep_at: when Celery may drop it unread. Raises UNREACHABLE."""
    app.send_task(TASK, args=[sealed], queue=director.queue, expires=sweep_at, retry=False)
