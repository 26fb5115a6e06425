"""Approved changes on their way to directors, through a real Redis."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone
from kombu import Connection

from apps.changes.models import Change, Review
from apps.jobs.models import Outbox, Run
from apps.jobs.services import deliver_outbox, store_run_finished, store_run_started
from apps.trust.signing import create_signing_key, signing_key
from lvs.agent.envelope import order_of
from lvs.agent.inbox import Me, open_for
from lvs.agent.sealing import key_id
from tests.applying import queue_all, run_finished, run_started, started, world
from tests.guards import unguarded
from tests.identities import identity

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def orders(redis_url, tmp_path, settings):
    """The orders that a director finds in its queue."""
    settings.SIGNING_KEY_FILE = tmp_path / "signing.key"
    create_signing_key()

    def take(director):
        found = []
        with Connection(redis_url) as connection, connection.SimpleQueue(director.queue) as queue:
            while True:
                try:
                    message = queue.get_nowait()
                except queue.Empty:
                    return found
                message.ack()
                found.append(message)

    return take


@pytest.fixture
def run(orders):
    return started(world()).runs.get()


def due(run):
    """As after RESEND_AFTER seconds."""
    Outbox.objects.filter(run=run).update(next_send=timezone.now() - timedelta(milliseconds=1))


def outbox(run):
    return Outbox.objects.get(run=run)


def test_the_order_is_what_was_approved(run, orders):
    assert deliver_outbox() == 1
    (message,) = orders(run.director)
    assert message.headers["task"] == "lvs.apply"
    assert message.headers["expires"]
    (text,), keywords, _ = message.payload
    assert keywords == {}
    public = signing_key().public_key()
    me = Me(str(run.director.uuid), identity(run.director.uuid))
    order = order_of(open_for(me, text, {key_id(public): public}, time.time())[1])
    change = run.change
    assert (order.run, order.change, order.revision) == (run.pk, change.pk, 1)
    assert (order.digest, order.table) == (change.digest, change.table)
    assert order.expected_digest == run.expected_digest
    assert order.cluster == str(change.cluster_id)
    approver = change.reviews.get().reviewer.username
    assert order.approval == {
        "change": change.pk,
        "digest": change.digest,
        "basis": "people",
        "approvers": [approver],
    }


@pytest.mark.parametrize("basis", ["policy", "emergency", "unconfirmed"])
def test_a_director_takes_an_order_that_was_approved_by_other_right(basis, run, orders):
    with unguarded():
        Review.objects.filter(change=run.change).delete()
        Change.objects.filter(pk=run.change_id).update(approved_by=basis)
    assert deliver_outbox() == 1
    ((text,), _, _) = orders(run.director)[0].payload
    public = signing_key().public_key()
    me = Me(str(run.director.uuid), identity(run.director.uuid))
    order = order_of(open_for(me, text, {key_id(public): public}, time.time())[1])
    assert (order.approval["basis"], order.approval["approvers"]) == (basis, [])


def test_what_was_sent_is_noted(run):
    deliver_outbox()
    entry = outbox(run)
    assert (entry.sent, entry.last_error, entry.failures) == (1, "", 0)
    assert entry.last_sent is not None


def test_an_order_is_not_sent_again_before_its_time(run, orders):
    deliver_outbox()
    assert deliver_outbox() == 0
    assert len(orders(run.director)) == 1


def test_an_order_that_was_taken_and_not_answered_is_sent_again(run, orders):
    deliver_outbox()
    orders(run.director)
    due(run)
    assert deliver_outbox() == 1
    assert len(orders(run.director)) == 1
    assert outbox(run).sent == 2


def test_orders_do_not_pile_up_while_a_director_is_away(run, orders):
    for _ in range(5):
        due(run)
        deliver_outbox()
    assert len(orders(run.director)) == 1


def test_an_emptied_redis_gets_the_order_again(run, orders, redis_server):
    deliver_outbox()
    redis_server.flush()
    due(run)
    deliver_outbox()
    assert len(orders(run.director)) == 1


def test_a_run_that_is_heard_of_is_left_alone_until_it_falls_silent(run, orders):
    store_run_started(director=run.director, message=run_started(run))
    due(run)
    assert deliver_outbox() == 0
    Run.objects.filter(pk=run.pk).update(heard_at=timezone.now() - timedelta(seconds=11))
    due(run)
    assert deliver_outbox() == 1


def test_an_ended_run_is_not_sent_any_more(run, orders):
    due(run)
    store_run_finished(director=run.director, message=run_finished(run))
    assert deliver_outbox() == 0
    assert orders(run.director) == []


def test_two_deliverers_side_by_side_send_each_order_once(orders):
    change = started(world(directors=6))
    queue_all(change)
    runs = list(change.runs.select_related("director"))
    start = threading.Barrier(2)
    sent = []

    def deliver():
        start.wait()
        sent.append(deliver_outbox())
        connections.close_all()

    threads = [threading.Thread(target=deliver) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sent) == 6
    assert [len(orders(run.director)) for run in runs] == [1] * 6


def test_with_redis_down_the_error_is_noted_and_the_pauses_grow(run, redis_server):
    redis_server.stop()
    pauses = []
    for _ in range(3):
        due(run)
        begin = timezone.now()
        assert deliver_outbox() == 0
        pauses.append((outbox(run).next_send - begin).total_seconds())
    entry = outbox(run)
    assert entry.failures == 3
    assert "Redis does not take the order" in entry.last_error
    assert pauses == sorted(pauses)
    assert 1.9 < pauses[0] < 4
    assert 7.9 < pauses[2] < 10


def test_what_could_not_be_sent_is_delivered_when_redis_is_back(run, orders, redis_server):
    redis_server.stop()
    due(run)
    deliver_outbox()
    redis_server.start()
    due(run)
    assert deliver_outbox() == 1
    assert (outbox(run).last_error, outbox(run).failures) == ("", 0)
    assert len(orders(run.director)) == 1


def test_without_a_signing_key_the_page_can_say_why(redis_url, settings, tmp_path):
    settings.SIGNING_KEY_FILE = tmp_path / "signing.key"
    run = started(world()).runs.get()
    due(run)
    assert deliver_outbox() == 0
    assert "manage.py signing_key" in outbox(run).last_error
