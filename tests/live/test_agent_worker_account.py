"""The agent's Celery worker keeps no account of what it took: neither in Redis nor in its own memory."""

import pytest
from celery import Celery
from kombu import Exchange, Queue
from redis import Redis

from lvs.agent.consumer import acknowledge_nothing
from lvs.agent.streams import queue_name
from tests.live.order_taker import DIRECTOR
from tests.live.test_agent_worker import give, taken, worker

__all__ = ["give", "worker"]


def test_redis_hears_nothing_of_an_order_after_it_was_taken(worker, give, redis_url):
    with Redis.from_url(redis_url) as client:
        give("first")
        assert taken(worker, within=15) == "first\n"
        client.config_resetstat()
        for number in range(5):
            give(f"order {number}")
            assert taken(worker, within=5) == f"order {number}\n"
        asked = client.info("commandstats").keys()
    assert "cmdstat_brpop" in asked
    assert not asked & {"cmdstat_zrem", "cmdstat_hdel", "cmdstat_zadd", "cmdstat_hset"}


@pytest.mark.parametrize(("no_ack", "remembered"), [(True, 0), (False, 1)])
def test_tags_are_remembered_only_where_they_are_of_use(give, redis_url, no_ack, remembered):
    name = queue_name(DIRECTOR)
    queue = Queue(name, Exchange(""), routing_key=name, no_ack=no_ack)
    give("an order")
    with (
        Celery(broker=redis_url, set_as_current=False) as app,
        app.connection() as connection,
        app.amqp.TaskConsumer(connection, queues=[queue], no_ack=no_ack) as consumer,
    ):
        consumer.on_message = lambda message: message.ack()
        acknowledge_nothing(consumer)
        connection.drain_events(timeout=5)
        assert len(consumer.channel.qos._dirty) == remembered
