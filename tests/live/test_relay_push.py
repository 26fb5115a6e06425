"""Announcements: after the commit, once, without waiting, and through a restart of Redis."""

import time

import pytest
from django.db import transaction

from apps.telemetry import push
from tests.live.parts import Ear

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_announcement_waits_for_the_commit(redis_url):
    with Ear("home") as ear:
        with transaction.atomic():
            push.announce("home")
            time.sleep(0.3)
            assert ear.topics() == set()
        assert ear.next(within=1) == {"type": "live.event", "topic": "home"}


def test_what_is_rolled_back_is_not_announced(redis_url):
    with Ear("home", "directors") as ear:
        with pytest.raises(RuntimeError), transaction.atomic():
            push.announce("home")
            raise RuntimeError
        push.announce("directors")
        assert ear.next(within=1)["topic"] == "directors"
        assert ear.topics() == set()


def test_many_in_one_transaction_are_heard_once(redis_url):
    with Ear("change.7") as ear:
        with transaction.atomic():
            for _ in range(20):
                push.announce("change.7")
        ear.next(within=1)
        time.sleep(0.3)
        assert ear.topics() == set()


def test_nobody_waits_for_a_redis_that_is_down_and_the_news_come_later(
    redis_server, redis_url, monkeypatch
):
    monkeypatch.setattr(push, "RETRY", 2.5)  # time for the ear to be there before
    redis_server.stop()
    begin = time.monotonic()
    push.announce("home")
    assert time.monotonic() - begin < 0.05
    time.sleep(0.5)
    redis_server.start()
    with Ear("home") as ear:
        assert ear.next(within=4)["topic"] == "home"


def test_nobody_waits_for_a_redis_that_is_frozen(redis_server, redis_url):
    push.announce("home")
    time.sleep(0.2)
    redis_server.pause()
    begin = time.monotonic()
    for _ in range(10):
        push.announce("home")
    assert time.monotonic() - begin < 0.05
    redis_server.resume()


def test_the_first_news_after_a_restart_of_redis_are_heard(redis_server, redis_url):
    with Ear("home") as ear:
        push.announce("home")
        ear.next(within=1)
        redis_server.stop()
        redis_server.start()
        time.sleep(2.5)  # the ear subscribes again by itself
        push.announce("home")
        assert ear.next(within=2)["topic"] == "home"
