"""The newest counters of each director, kept in Redis for browsers that come in later."""

import json

import redis
from django.conf import settings
from redis import asyncio as redis_async
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from apps.telemetry.frames import Frame

SNAPSHOT_EXPIRES = 30
"""Seconds until counters are too old to be shown as live."""


def snapshot_key(cluster_id: int) -> str:
    """The Redis hash of a cluster: director's UUID → its newest frame as JSON, full."""
    return f"lvs:live:{cluster_id}"


def store_frame(client: "redis.Redis", cluster_id: int, frame: Frame, entered: float) -> None:
    """Keep a full frame as the director's newest. entered: when its sample came to Redis, unix seconds by
    this console's clock; the frame's own `at` is by the director's. Raises redis.RedisError."""
    key = snapshot_key(cluster_id)
    kept = frame | {"entered": entered}
    with client.pipeline(transaction=False) as pipeline:
        pipeline.hset(key, frame["director"], json.dumps(kept, separators=(",", ":")))
        pipeline.expire(key, SNAPSHOT_EXPIRES)
        pipeline.execute()


def forget_frame(client: "redis.Redis", cluster_id: int, director: str) -> None:
    """Drop the director's frame: it is silent, or moved to another cluster. Raises redis.RedisError."""
    client.hdel(snapshot_key(cluster_id), director)


async def snapshot(cluster_id: int) -> list[Frame]:
    """The newest full frame of each director of the cluster, by name.

    Raises redis.RedisError (or OSError) when Redis does not answer within two seconds.
    """
    client = redis_async.Redis.from_url(
        settings.REDIS.url,
        **settings.REDIS.tls_options(),
        socket_connect_timeout=2,
        socket_timeout=2,
        retry=Retry(NoBackoff(), 0),
    )
    async with client:
        stored = await client.hvals(snapshot_key(cluster_id))
    frames: list[Frame] = [json.loads(text) for text in stored]
    return sorted(frames, key=lambda frame: frame["name"])
