"""A director whose host was taken over: what its own Redis user lets it do, and must not do to others."""

import threading
import time

import pytest
import redis

from apps.jobs.models import Errand, Outbox
from apps.jobs.relay.progress import BATCH
from apps.jobs.relay.reports import ReportReader
from apps.jobs.services import ask_director, deliver_errands, deliver_outbox, spread_keys
from apps.telemetry.models import DirectorStatus, RelayStatus
from apps.trust import access
from apps.trust.signing import create_signing_key
from lvs.agent.config import with_user
from lvs.agent.invitation import password_hash
from lvs.agent.streams import REPORTS_KEPT, queue_name, reports_stream, samples_stream
from lvsconsole.redis_client import connect
from tests.applying import person, queue_all, started, world
from tests.live.parts import Ear, RunningRelay, Voice, eventually

pytestmark = pytest.mark.django_db(transaction=True)

ROW = [1, 0, 0, None, 10, 5, 5, 400, 400, None, None, None, None, None]


@pytest.fixture
def made(redis_url, settings, tmp_path):
    """A cluster with two directors, the first of which somebody took over."""
    settings.SIGNING_KEY_FILE = tmp_path / "signing.key"
    create_signing_key()
    return world(2)


@pytest.fixture
def good(made):
    return made.directors[1]


@pytest.fixture
def uuid(made):
    return str(made.directors[0].uuid)


@pytest.fixture
def hostile(redis_url, uuid):
    """The hostile host's connection, with the rights of a director and no others."""
    user = access.user_of(uuid, invited=False)
    with redis.Redis.from_url(redis_url, protocol=2) as owner:
        owner.execute_command(
            "ACL SETUSER", user, *access.director_rules(uuid, password_hash("secret"))
        )
        with redis.Redis.from_url(with_user(redis_url, user, "secret"), protocol=2) as client:
            yield client
        owner.execute_command("ACL DELUSER", user)


@pytest.fixture
def no_queue(hostile, uuid):
    """Its queue is none any more."""
    hostile.sadd(queue_name(uuid), "x")


def waiting(director):
    """What lies in the director's queue."""
    with connect() as client:
        return client.llen(director.queue)


def revision(director):
    return DirectorStatus.objects.values_list("revision", flat=True).get(director=director)


def test_the_reports_of_others_are_read_though_it_made_its_stream_a_set(
    hostile, uuid, good, caplog
):
    hostile.sadd(reports_stream(uuid), "x")  # before a relay looked for its stream
    with RunningRelay():
        Voice(good).heartbeat(revision=5)
        eventually(lambda: revision(good) == 5)
        time.sleep(2)  # for another look
    assert caplog.text.count("made something else than a stream") == 1


def test_it_is_heard_again_once_that_key_is_gone(hostile, uuid, made, good):
    hostile.sadd(reports_stream(uuid), "x")
    with RunningRelay(), connect() as client:
        Voice(good).heartbeat(revision=5)
        eventually(lambda: revision(good) == 5)
        client.delete(reports_stream(uuid))
        Voice(made.directors[0]).heartbeat(revision=6)
        eventually(lambda: revision(made.directors[0]) == 6)


@pytest.mark.parametrize("late", [False, True])
def test_the_samples_of_others_are_read_though_it_made_its_stream_a_set(hostile, uuid, good, late):
    voice = Voice(good)
    if not late:
        hostile.sadd(samples_stream(uuid), "x")
    with RunningRelay(), Ear(f"samples.{good.cluster_id}") as ear:
        voice.sample(1, {"a": ROW})
        ear.frame()
        if late:  # while the relay reads
            hostile.sadd(samples_stream(uuid), "x")
            time.sleep(1)
        voice.sample(2, {"a": [2, *ROW[1:]]})
        eventually(lambda: ear.frame()["seq"] == 2)


def test_orders_for_others_are_sent_though_it_made_its_queue_a_set(no_queue, made, good):
    queue_all(started(made))
    deliver_outbox()
    assert waiting(good) == 1
    (entry,) = Outbox.objects.exclude(run__director=good)
    assert "WRONGTYPE" in entry.last_error


def test_errands_for_others_are_sent_though_it_made_its_queue_a_set(no_queue, made, good):
    who = person("admin")
    for director in made.directors:
        ask_director(actor=who, director=director, kind=Errand.Kind.DOCTOR)
    assert deliver_errands() == 1
    assert waiting(good) == 1
    (errand,) = Errand.objects.exclude(director=good)
    assert (errand.state, errand.sent_at) == ("waiting", None)


def test_keys_are_announced_to_others_though_it_made_its_queue_a_set(no_queue, made, good):
    with RunningRelay():
        for director in made.directors:
            Voice(director).heartbeat()
        eventually(lambda: DirectorStatus.objects.exclude(last_seen=None).count() == 2)
        eventually(RelayStatus.objects.exists)
    spread_keys()
    assert waiting(good) == 1


def test_an_errand_ends_the_round_when_redis_has_no_room(made, monkeypatch):
    who, tried = person("admin"), []
    for director in made.directors:
        ask_director(actor=who, director=director, kind=Errand.Kind.DOCTOR)
    with connect() as client:
        client.config_set("maxmemory", "1")
        try:
            monkeypatch.setattr(
                "apps.jobs.services.errands.logger.warning", lambda *a: tried.append(a)
            )
            assert deliver_errands() == 0
        finally:
            client.config_set("maxmemory", "0")
    assert len(tried) == 1


@pytest.fixture
def flooded(hostile, uuid):
    """It floods its stream of reports, from here to the end of the test."""
    stop = threading.Event()

    def flood():
        while not stop.is_set():
            with hostile.pipeline(transaction=False) as pipe:
                for _ in range(10 * BATCH):
                    pipe.xadd(reports_stream(uuid), {"m": "{}", "s": ""}, maxlen=REPORTS_KEPT)
                pipe.execute()

    flooding = threading.Thread(target=flood)
    flooding.start()
    time.sleep(0.5)
    yield
    stop.set()
    flooding.join()


def test_the_silence_of_others_counts_though_it_floods_its_stream(flooded, good):
    reader, never = ReportReader("r1"), threading.Event()
    with connect() as client:
        reader.begin(client, never)
        Voice(good).heartbeat(revision=5)
        until = time.monotonic() + 8
        while time.monotonic() < until:
            reader.step(never)
    relay = RelayStatus.objects.get(name="r1")
    assert revision(good) == 5
    assert (relay.last_read - relay.listening_since).total_seconds() > 3
