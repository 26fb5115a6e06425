"""The channel layer, whose connection to Redis one coroutine uses at a time.

channels-redis waits for messages and subscribes on the same connection side by side. That goes well until
the connection breaks: then both make it anew and read each other's answers, and nothing is heard any more
(“readuntil() called while another coroutine is already waiting”).

While Redis is away, channels-redis would log a traceback each second; here its going and its coming back are
a line each.
"""

import asyncio
import logging
from typing import Any

import redis
from channels_redis.pubsub import RedisPubSubChannelLayer, RedisSingleShardConnection

from lvs.agent.link import one_line
from lvsconsole.addresses import place_of

logger = logging.getLogger(__name__)

TRY_EVERY = 1.0
"""Seconds between two tries while Redis is away."""
AWAY = (redis.ConnectionError, redis.TimeoutError, OSError)


class OneAtATime:
    """redis-py's PubSub for several coroutines: each call waits for the one before it, in order.

    Who waits for messages gives way ten times a second, so nobody waits for long.
    """

    def __init__(self, pubsub: Any, place: str = "") -> None:
        """place: where Redis is, for the log."""
        self._pubsub = pubsub
        self._place = place
        self._turn = asyncio.Lock()
        self._away = False

    @property
    def subscribed(self) -> bool:
        """Whether anything is subscribed to."""
        return bool(self._pubsub.subscribed)

    async def get_message(self, **options: Any) -> Any:
        """The next message, None when none came in time or Redis is away."""
        try:
            async with self._turn:
                message = await self._pubsub.get_message(**options)
        except AWAY as error:
            if not self._away:
                text = one_line(error)
                logger.warning(
                    "live updates wait: Redis at %s can't be reached: %s", self._place, text
                )
            self._away = True
            await asyncio.sleep(TRY_EVERY)
            return None
        if self._away:
            logger.info("live updates go on: Redis at %s is back", self._place)
        self._away = False
        return message

    async def subscribe(self, *channels: str) -> None:
        """Hear these, too."""
        async with self._turn:
            await self._pubsub.subscribe(*channels)

    async def unsubscribe(self, *channels: str) -> None:
        """Hear these no more."""
        async with self._turn:
            await self._pubsub.unsubscribe(*channels)


class _Shard(RedisSingleShardConnection):
    def _ensure_redis(self) -> None:
        super()._ensure_redis()
        pubsub: Any = self._pubsub  # type: ignore[has-type]
        if not isinstance(pubsub, OneAtATime):
            self._pubsub = OneAtATime(pubsub, place_of(self.host["address"]))


class ConsoleChannelLayer(RedisPubSubChannelLayer):
    """As its parent."""

    def _get_layer(self) -> Any:
        layer = super()._get_layer()
        if not all(isinstance(shard, _Shard) for shard in layer._shards):
            layer._shards = [_Shard(shard.host, layer) for shard in layer._shards]
        return layer
