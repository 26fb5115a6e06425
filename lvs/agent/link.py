"""The agent's connection to Redis, for reports and samples."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from lvs.agent.streams import Message, encode


def connect(url: str, timeout: float) -> "redis.Redis":
    """A client that connects at its first command and gives up after `timeout` seconds.

    It never tries again by itself: whoever sends decides whether to wait or to drop.
    """
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=min(timeout, 2.0),
        socket_timeout=timeout,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),
    )


def append(client: "redis.Redis", stream: str, message: Message, kept: int, exact: bool) -> None:
    """Add an entry and let the stream keep `kept` of them. Raises redis.RedisError.

    Not exact is cheaper: Redis then trims by whole nodes of up to 100 entries.
    """
    fields = encode(message)
    client.xadd(stream, fields, maxlen=kept, approximate=not exact)  # type: ignore[arg-type]


def one_line(error: BaseException) -> str:
    """The error as one line for the log."""
    return " ".join(str(error).split()) or type(error).__name__
