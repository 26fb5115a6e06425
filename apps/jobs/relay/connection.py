"""The relay's connections to Redis."""

import time

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

BLOCK_MS = 500
"""How long a reading waits for news; it bounds how fast the relay stops, too."""


def connect() -> "redis.Redis":
    """A client that gives up soon and leaves trying again to its caller: the relay says so in its log."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=2,
        socket_timeout=5,
        protocol=2,  # streams as lists of pairs
        retry=Retry(NoBackoff(), 0),
    )


def clock_offset(client: "redis.Redis") -> float:
    """Seconds that the clock of Redis is ahead of ours. Raises redis.RedisError."""
    seconds, micros = client.time()
    return float(seconds) + micros / 1e6 - time.time()


def entry_time(entry_id: bytes, offset: float) -> float:
    """When the entry came into its stream, in unix seconds of our clock.

    Never later than now: when the clock of Redis goes back, its entries keep counting from before.
    """
    return min(int(entry_id.split(b"-")[0]) / 1000 - offset, time.time())
