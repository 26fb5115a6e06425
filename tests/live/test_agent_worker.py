"""The agent's Celery worker and a Redis that comes and goes."""

import select
import subprocess
import sys
import time

import pytest
from celery import Celery

from lvs.agent.streams import queue_name
from tests.live.order_taker import DIRECTOR
from tests.live.parts import ROOT


@pytest.fixture
def worker(redis_url):
    command = [sys.executable, "-m", "tests.live.order_taker", redis_url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.terminate()


@pytest.fixture
def give(redis_url):
    app = Celery(broker=redis_url, set_as_current=False)
    yield lambda text: app.send_task("lvs.apply", args=[text], queue=queue_name(DIRECTOR))
    app.close()


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
