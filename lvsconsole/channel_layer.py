"""The channel layer, whose connection to Redis one coroutine uses at a time.

channels-redis waits for messages and subscribes on the same connection side by side. That goes well until
the connection breaks: then both make it anew and read each other's answers, and nothing is heard any more
(“readuntil() called while another coroutine is already waiting”).
"""

import asyncio
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer, RedisSingleShardConnection


class OneAtATime:
    """redis-py's PubSub for several coroutines: each call waits for the one before it, in order.

    Who waits for messages gives way ten times a second, so nobody waits for long.
    """

    def __init__(self, pubsub: Any) -> None:
        self._pubsub = pubsub
        self._turn = asyncio.Lock()

    @property
    def subscribed(self) -> bool:
        """Whether anything is subscribed to."""
        return bool(self._pubsub.subscribed)

    async def get_message(self, **options: Any) -> Any:
        """The next message, None when none came in time."""
        async with self._turn:
            return await self._pubsub.get_message(**options)

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
            self._pubsub = OneAtATime(pubsub)


class ConsoleChannelLayer(RedisPubSubChannelLayer):
    """As its parent."""

    def _get_layer(self) -> Any:
        layer = super()._get_layer()
        if not all(isinstance(shard, _Shard) for shard in layer._shards):
            layer._shards = [_Shard(shard.host, layer) for shard in layer._shards]
        return layer
