"""Who is there, seen through a real relay and a real Redis that may go away."""

import threading
import time

import pytest
import redis

from apps.inventory.models import Director
from apps.telemetry import selectors
from apps.telemetry.models import RelayStatus
from apps.telemetry.selectors import presence
from tests.identities import enrolled
from tests.live.parts import Ear, RunningRelay, Voice, eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def director(redis_url):
    return enrolled(name="d1")


def now(director):
    return presence(Director.objects.get(pk=director.pk))


class Heart:
    """Heartbeats as an agent sends them, also through a restart of Redis; faster than in real life."""

    def __init__(self, director, every=0.5):
        self._director, self._every = director, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._stop.set()
        self._thread.join()

    def _beat(self):
        while not self._stop.wait(self._every):
            try:
                Voice(self._director).heartbeat()
            except redis.RedisError:
                continue


def test_a_director_is_present_within_seconds_and_away_within_fifteen(director):
    assert now(director) == "never"
    with RunningRelay(), Ear("directors") as ear:
        with Heart(director):
            eventually(lambda: now(director) == "present", within=3)
            time.sleep(1)
        silent_since = time.monotonic()
        eventually(lambda: ear.topics() or True)
        eventually(lambda: now(director) == "away", within=15)
        assert time.monotonic() - silent_since > 9  # one late heartbeat is no alarm
        assert ear.next(within=2)["topic"] == "directors"


def test_a_redis_that_is_away_makes_it_unknown_and_never_away(
    director, redis_server, settings, monkeypatch
):
    settings.DIRECTOR_AWAY_AFTER = 4.0  # as in real life, only sooner
    monkeypatch.setattr(selectors, "RELAY_GONE_AFTER", 4.0)
    seen = set()

    def look(wanted):
        seen.add(state := now(director))
        return state == wanted

    with RunningRelay(), Heart(director):
        eventually(lambda: now(director) == "present")
        redis_server.stop()
        eventually(lambda: look("unknown"), within=15)
        redis_server.start()
        eventually(lambda: look("present"), within=6)
    assert seen == {"present", "unknown"}


def test_a_relay_notes_that_it_listens_and_for_how_long(director):
    with RunningRelay():
        eventually(RelayStatus.objects.exists)
        first = RelayStatus.objects.get()
        eventually(lambda: RelayStatus.objects.get().last_read > first.last_read, within=4)
    assert RelayStatus.objects.get().listening_since == first.listening_since


def test_a_relay_that_has_lost_redis_notes_nothing(director, redis_server):
    with RunningRelay():
        eventually(RelayStatus.objects.exists)
        redis_server.stop()
        time.sleep(1)
        last = RelayStatus.objects.get().last_read
        time.sleep(3)
        assert RelayStatus.objects.get().last_read == last
