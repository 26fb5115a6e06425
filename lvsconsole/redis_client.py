"""The console's own connections to Redis."""

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry


def connect(timeout: float = 5.0) -> "redis.Redis":
    """A client that gives up after `timeout` seconds and leaves trying again to its caller."""
    return redis.Redis.from_url(
        settings.REDIS.url,
        **settings.REDIS.tls_options(),
        socket_connect_timeout=2,
        socket_timeout=timeout,
        protocol=2,  # streams as lists of pairs
        retry=Retry(NoBackoff(), 0),
    )
