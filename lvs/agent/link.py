"""The agent's connections to Redis: the one for reports and samples, and what holds for all."""

from collections.abc import Mapping

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from lvs.agent.config import RedisLink

LOOK_FOR_DEAD_EVERY = 2
"""Seconds between two looks whether the connection that waits for messages is a dead one, that nobody closed
and a firewall forgot. kombu finds it within twice that and one (its own 25 make it 51 seconds)."""


def connect(link: RedisLink, timeout: float) -> "redis.Redis":
    """A client that connects at its first command and gives up after `timeout` seconds.

    It never tries again by itself: whoever sends decides whether to wait or to drop.
    """
    return redis.Redis.from_url(
        link.url,
        **link.tls_options(),
        socket_connect_timeout=min(timeout, 2.0),
        socket_timeout=timeout,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),
    )


def append(
    client: "redis.Redis", stream: str, fields: Mapping[str, str], kept: int, exact: bool
) -> None:
    """Add an entry and let the stream keep `kept` of them. Raises redis.RedisError.

    Not exact is cheaper: Redis then trims by whole nodes of up to 100 entries.
    """
    client.xadd(stream, fields, maxlen=kept, approximate=not exact)  # type: ignore[arg-type]


def one_line(error: BaseException) -> str:
    """The error as one line for the log."""
    return " ".join(str(error).split()) or type(error).__name__
