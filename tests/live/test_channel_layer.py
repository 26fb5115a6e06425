"""The channel layer outlives a Redis that comes and goes, whatever its coroutines do meanwhile."""

import asyncio

import pytest
from redis.exceptions import RedisError

from lvsconsole.channel_layer import ConsoleChannelLayer, OneAtATime


class Overlapping:
    """A PubSub that can't be used by two at a time, as redis-py's while it connects."""

    subscribed = True

    def __init__(self):
        self.busy = False
        self.calls = 0

    async def _use(self):
        assert not self.busy, "another coroutine is waiting already"
        self.busy = True
        await asyncio.sleep(0.001)
        self.busy = False
        self.calls += 1

    async def get_message(self, **options):
        await self._use()

    async def subscribe(self, *channels):
        await self._use()

    async def unsubscribe(self, *channels):
        await self._use()


async def test_no_two_coroutines_use_the_connection_at_once():
    pubsub = Overlapping()
    shared = OneAtATime(pubsub)
    waits = [shared.get_message(timeout=0.1) for _ in range(20)]
    asks = [shared.subscribe(str(number)) for number in range(20)]
    ends = [shared.unsubscribe(str(number)) for number in range(20)]
    await asyncio.gather(*waits, *asks, *ends)
    assert pubsub.calls == 60


async def test_news_come_again_after_redis_was_away_while_many_subscribed(redis_server, redis_url):
    layer = ConsoleChannelLayer(hosts=[redis_url])
    channel = await layer.new_channel()
    await layer.group_add("before", channel)
    redis_server.stop()

    async def subscribe(number):
        for _ in range(40):
            try:
                return await layer.group_add(f"group {number}", channel)
            except RedisError:
                await asyncio.sleep(0.1)
        raise AssertionError("not subscribed within seconds")

    asking = asyncio.gather(*(subscribe(number) for number in range(20)))
    await asyncio.sleep(0.5)
    await asyncio.to_thread(redis_server.start)
    await asking
    for group in ("before", "group 7"):
        await heard(layer, channel, group)
    await layer.flush()


async def test_redis_going_and_coming_back_are_a_line_each(redis_server, redis_url, caplog):
    caplog.set_level("INFO")
    layer = ConsoleChannelLayer(hosts=[redis_url])
    channel = await layer.new_channel()
    redis_server.stop()
    await asyncio.sleep(3.5)  # tries enough for a flood
    await asyncio.to_thread(redis_server.start)
    await asyncio.sleep(1.5)
    await layer.send(channel, {"type": "before"})
    await asyncio.wait_for(layer.receive(channel), 1)
    await layer.flush()
    gone, back = [record for record in caplog.records if record.name != "asyncio"]
    place = f"Redis at 127.0.0.1:{redis_server.port}"
    assert gone.getMessage().startswith(f"live updates wait: {place} can't be reached: ")
    assert back.getMessage() == f"live updates go on: {place} is back"
    assert gone.exc_info is None


async def test_another_error_keeps_its_traceback(caplog):
    class Broken(Overlapping):
        async def get_message(self, **options):
            raise KeyError("a fault")

    with pytest.raises(KeyError):
        await OneAtATime(Broken()).get_message(timeout=0.1)
    assert not caplog.records


async def heard(layer, channel, group):
    """The group's news come, at the latest once the connection is made anew."""
    receiving = asyncio.ensure_future(layer.receive(channel))
    for _ in range(50):
        await layer.group_send(group, {"type": group})
        done, _ = await asyncio.wait({receiving}, timeout=0.2)
        if done:
            break
    message = await asyncio.wait_for(receiving, 1)
    assert message["type"] in ("before", "group 7")
