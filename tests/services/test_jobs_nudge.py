"""Asking the worker to look at once: one question at a time, and none too few."""

import threading

import pytest
from kombu.exceptions import OperationalError

from lvsconsole import nudge
from tests.lab.director import wait_for

TASK = nudge.DELIVER_OUTBOX


class Broker:
    """Takes a task when it is told to."""

    def __init__(self):
        self.asked = []
        self.may_answer = threading.Event()
        self.error = None

    def send_task(self, task, **options):
        self.asked.append(task)
        assert self.may_answer.wait(10)
        if self.error:
            raise self.error


@pytest.fixture
def broker(monkeypatch):
    made = Broker()
    monkeypatch.setattr(nudge, "app", made)
    yield made
    made.may_answer.set()
    wait_for(lambda: not nudge._asking, "the end of its threads")


def asked(broker, count):
    wait_for(lambda: len(broker.asked) >= count, f"question {count}")


def test_what_is_committed_while_the_worker_is_asked_is_asked_for_again(broker):
    nudge._nudge(TASK)
    asked(broker, 1)  # the worker may look from here on, and would not see what comes now
    nudge._nudge(TASK)
    broker.may_answer.set()
    asked(broker, 2)


def test_many_commits_while_redis_is_slow_make_one_more_question(broker):
    nudge._nudge(TASK)
    asked(broker, 1)
    for _ in range(50):
        nudge._nudge(TASK)
    broker.may_answer.set()
    wait_for(lambda: not nudge._asking, "the end")
    assert broker.asked == [TASK, TASK]


def test_a_redis_that_is_away_is_asked_again_at_the_next_commit(broker):
    broker.error = OperationalError("away")
    broker.may_answer.set()
    nudge._nudge(TASK)
    wait_for(lambda: not nudge._asking, "the end")
    nudge._nudge(TASK)
    asked(broker, 2)


def test_one_task_does_not_wait_for_another(broker):
    nudge._nudge(TASK)
    asked(broker, 1)
    nudge._nudge(nudge.DELIVER_ERRANDS)
    asked(broker, 2)
    assert broker.asked == [TASK, nudge.DELIVER_ERRANDS]
