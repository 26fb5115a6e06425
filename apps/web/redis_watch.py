"""Is Redis there, and is it still the one that our subscriptions stand in?"""

import asyncio
from weakref import WeakKeyDictionary

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import TimeoutError as RedisTimeoutError

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Redis] = WeakKeyDictionary()


async def mark() -> str:
    """What tells this Redis process from the one after a restart.

    Raises redis.RedisError or OSError when it doesn't answer within 2 seconds.
    """
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = Redis.from_url(
            settings.REDIS.url,
            **settings.REDIS.tls_options(),
            socket_timeout=2,
            socket_connect_timeout=2,
            # A connection from before a restart is dead, and only its use tells.
            retry=Retry(ConstantBackoff(0.05), 2),
        )
    try:
        async with asyncio.timeout(2):
            info = await _clients[loop].info("server")
    except TimeoutError:  # which has no words
        raise RedisTimeoutError("no answer within 2 seconds") from None
    return str(info["run_id"])
