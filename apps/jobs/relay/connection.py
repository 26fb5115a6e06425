"""The relay's reading of Redis: how long it waits, and when an entry came."""

import time

import redis

BLOCK_MS = 500
"""How long a reading waits for news; it bounds how fast the relay stops, too."""


def clock_offset(client: "redis.Redis") -> float:
    """Seconds that the clock of Redis is ahead of ours. Raises redis.RedisError."""
    seconds, micros = client.time()
    return float(seconds) + micros / 1e6 - time.time()


def entry_time(entry_id: bytes, offset: float) -> float:
    """When the entry came into its stream, in unix seconds of our clock.

    Never later than now: when the clock of Redis goes back, its entries keep counting from before.
    """
    return min(int(entry_id.split(b"-")[0]) / 1000 - offset, time.time())
