"""Workers and relays side by side. Real transactions in parallel."""

import threading
import time

import pytest
from django.db import connection
from django.utils import timezone

from apps.inventory.models import Cluster
from apps.notify import senders
from apps.notify.models import Delivery, Event
from apps.notify.services import ask_test_call, deliver_due
from apps.telemetry.models import DirectorStatus
from apps.telemetry.services import note_absence
from tests.factories import make_submitted
from tests.live.parts import eventually
from tests.receivers import MailServer, Receiver
from tests.services.parallel import at_once, refusals
from tests.telling import hook_to, reachable

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4


def test_workers_side_by_side_send_each_message_once(admin, approver, operator, cluster, settings):
    with MailServer() as mails, Receiver(before=lambda: time.sleep(0.02)) as receiver:
        mails.use(settings)
        reachable(approver)
        hook, _ = hook_to(receiver.url, admin)
        make_submitted(operator, cluster)
        for _ in range(20):
            ask_test_call(actor=admin, webhook=hook)
        outcomes = at_once(Cluster.objects.all(), *[deliver_due] * WORKERS)
    assert refusals(outcomes) == []
    assert sum(outcomes) == len(receiver.calls) + len(mails.mails) == 22
    ids = {call.body for call in receiver.calls}
    assert len(ids) == 21
    assert set(Delivery.objects.values_list("state", "tries")) == {("sent", 1)}


def test_two_relays_tell_of_an_absence_once(cluster):
    director = cluster.directors.get()
    seen = timezone.now()
    DirectorStatus.objects.filter(director=director).update(last_seen=seen)

    def note():
        return note_absence(director=director, last_seen=seen, away=True)

    outcomes = at_once(Cluster.objects.all(), note, note, note)
    assert sorted(outcomes) == [False, False, True]
    assert Event.objects.count() == 1


def test_a_webhook_that_hangs_keeps_neither_the_worker_nor_the_others(admin, cluster):
    release = threading.Event()
    with Receiver(before=lambda: release.wait(10)) as slow, Receiver() as quick:
        hanging, _ = hook_to(slow.url, admin)
        other, _ = hook_to(quick.url, admin)
        ask_test_call(actor=admin, webhook=hanging)
        began = time.monotonic()
        senders.wake()
        assert time.monotonic() - began < 0.5
        eventually(lambda: slow.calls)
        ask_test_call(actor=admin, webhook=other)
        senders.wake()
        eventually(lambda: quick.calls)
        assert Delivery.objects.get(webhook=hanging).state == "waiting"
        release.set()
        eventually(lambda: not Delivery.objects.filter(state="waiting").exists())
        for thread in senders._running:
            thread.join(5)
    assert (len(slow.calls), len(quick.calls)) == (1, 1)
    connection.close()
