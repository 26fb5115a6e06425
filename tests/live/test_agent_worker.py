"""The agent's Celery worker and a Redis that comes and goes."""

import select
import time

import pytest
import redis
from celery import Celery

from lvs.agent.streams import queue_name
from tests.live.order_taker import DIRECTOR, worker_process


@pytest.fixture
def worker(redis_url):
    with worker_process(redis_url) as process:
        yield process


@pytest.fixture
def give(redis_url):
    app = Celery(broker=redis_url, set_as_current=False)
    yield lambda text: app.send_task("lvs.apply", args=[text], queue=queue_name(DIRECTOR))
    app.close()


@pytest.mark.parametrize(
    ("task", "arguments", "said"),
    [
        ("lvs.errand", ["x"], "a task that a director does not have"),
        ("celery.chain", [[]], "a task that a director does not have"),
        ("lvs.apply", [1], "not a sealed text"),
        ("lvs.apply", ["a", "b"], "not a sealed text"),
        ("lvs.apply", [], "not a sealed text"),
    ],
)
def test_what_is_no_sealed_text_is_refused_aloud(worker, redis_url, task, arguments, said):
    with Celery(broker=redis_url, set_as_current=False) as app:
        app.send_task(task, args=arguments, queue=queue_name(DIRECTOR))
        assert said in taken(worker, within=15)
        app.send_task("lvs.apply", args=["the next"], queue=queue_name(DIRECTOR))
        assert taken(worker, within=15) == "the next\n"


@pytest.mark.parametrize("serializer", ["pickle", "yaml"])
def test_nothing_but_json_is_read(worker, redis_url, serializer):
    with Celery(broker=redis_url, set_as_current=False) as app:
        app.conf.accept_content = [serializer, "json"]
        app.send_task("lvs.apply", args=["x"], queue=queue_name(DIRECTOR), serializer=serializer)
        assert taken(worker, within=15) == "refused: the message can't be read\n"


@pytest.mark.parametrize(
    "text", [b"{}", b"\xff\x00", b"[1]", b'{"body": 5}', b'{"headers": {}, "body": "x"}', b""]
)
def test_bytes_that_are_nothing_are_refused_and_do_not_stop_it(worker, give, redis_url, text):
    with redis.Redis.from_url(redis_url) as client:
        client.lpush(queue_name(DIRECTOR), text)
    assert taken(worker, within=15) == "refused: the message can't be read\n"
    give("the next")
    assert taken(worker, within=15) == "the next\n"


def taken(process, within):
    readable, _, _ = select.select([process.stdout], [], [], within)
    return process.stdout.readline() if readable else "nothing"


def test_redis_dying_in_the_middle_of_an_order_does_not_stop_the_worker(worker, give, redis_server):
    for number in range(3):
        give(f"order {number}")
        assert taken(worker, within=15) == f"order {number}\n"
        redis_server.stop()  # the order is still under way: no acknowledgement can succeed now
        time.sleep(1.5)
        redis_server.start()
