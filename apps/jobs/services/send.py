"""Putting a sealed text into a director's queue."""

from datetime import datetime

import redis
from kombu.exceptions import KombuError

from apps.inventory.models import Director
from lvs.agent.streams import TASK
from lvsconsole.celery import app

UNREACHABLE = (redis.RedisError, KombuError, OSError)
"""What sending raises while Redis does not take it."""


def send_sealed(director: Director, sealed: str, *, sweep_at: datetime) -> None:
    """Send it once. sweep_at: when Celery may drop it unread. Raises UNREACHABLE."""
    app.send_task(TASK, args=[sealed], queue=director.queue, expires=sweep_at, retry=False)
