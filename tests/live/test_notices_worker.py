"""The console's own worker sends notifications, beside orders that a slow webhook must not delay."""

import json
import threading

import pytest
import redis

from apps.notify.models import Delivery
from tests.applying import started, world
from tests.factories import make_user
from tests.live.parts import eventually
from tests.live.test_outbox_worker import arrived, worker  # noqa: F401  (a fixture)
from tests.receivers import Receiver
from tests.telling import hook_to

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_webhook_that_hangs_delays_no_order(worker, redis_url):  # noqa: F811
    with redis.Redis.from_url(redis_url) as client:
        eventually(lambda: client.exists("_kombu.binding.console"), within=20)
    release = threading.Event()
    with Receiver(before=lambda: release.wait(14)) as receiver:
        hook_to(receiver.url, make_user("admin"))
        run = started(world()).runs.get()
        eventually(lambda: receiver.calls, within=8)
        assert json.loads(receiver.calls[0].body)["event"] == "review_asked"
        eventually(lambda: arrived(run, redis_url), within=4)
        assert Delivery.objects.get().state == "waiting"
        release.set()
        eventually(lambda: Delivery.objects.get().state == "sent", within=4)
