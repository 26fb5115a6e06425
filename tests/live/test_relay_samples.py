"""From the directors' counters to browsers."""

import asyncio
import time

import pytest

from apps.inventory.models import Cluster, Director
from apps.jobs.relay import reports
from apps.telemetry import live
from tests.identities import enrolled
from tests.live.parts import Ear, RunningRelay, Voice, eventually

pytestmark = pytest.mark.django_db(transaction=True)

ROW = [1, 0, 0, None, 10, 5, 5, 400, 400, None, None, None, None, None]
MORE = [2, *ROW[1:]]


@pytest.fixture
def director(redis_url):
    return enrolled(name="d1", cluster=Cluster.objects.create(name="web"))


def snapshot(cluster_id):
    return asyncio.run(live.snapshot(cluster_id))


def topic(director):
    return f"samples.{director.cluster_id}"


def test_who_comes_in_later_gets_the_newest_frame_at_once(director):
    Voice(director).sample(7, {"a": ROW})
    with RunningRelay():
        frame = eventually(lambda: snapshot(director.cluster_id))[0]
    assert frame["director"] == str(director.uuid)
    assert (frame["name"], frame["seq"], frame["full"]) == ("d1", 7, True)
    assert frame["rows"] == {"a": ROW}


def test_frames_follow_each_other_as_deltas(director):
    voice = Voice(director)
    with RunningRelay(), Ear(topic(director)) as ear:
        voice.sample(1, {"a": ROW, "b": ROW})
        assert ear.frame()["full"]
        voice.sample(2, {"a": MORE, "b": ROW})
        frame = ear.frame(within=1)
        assert (frame["seq"], frame["full"], frame["rows"]) == (2, False, {"a": MORE})
        voice.sample(3, {"a": MORE, "b": ROW})
        frame = ear.frame(within=1)
        assert (frame["seq"], frame["rows"]) == (3, {})
        assert snapshot(director.cluster_id)[0]["rows"] == {"a": MORE, "b": ROW}


def test_a_sample_reaches_browsers_within_half_a_second(director):
    voice = Voice(director)
    with RunningRelay(), Ear(topic(director)) as ear:
        voice.sample(1, {"a": ROW})
        ear.frame()
        begin = time.monotonic()
        voice.sample(2, {"a": MORE})
        ear.frame()
        assert time.monotonic() - begin < 0.5


def test_slow_reports_do_not_delay_counters(director, monkeypatch):
    monkeypatch.setattr(reports, "store_report", lambda *_: time.sleep(3))
    voice = Voice(director)
    with RunningRelay(), Ear(topic(director)) as ear:
        voice.sample(1, {"a": ROW})
        ear.frame()
        voice.heartbeat()
        time.sleep(0.3)
        voice.sample(2, {"a": MORE})
        assert ear.frame(within=1)["seq"] == 2


def test_a_broken_sample_stops_nothing(director, caplog):
    voice = Voice(director)
    with RunningRelay(), Ear(topic(director)) as ear:
        voice.sample(1, {"a": ROW})
        ear.frame()
        voice.sample(2, {"a": ["many", "words"]})
        voice.sample(3, {"a": MORE})
        frame = ear.frame()
        assert (frame["seq"], frame["full"]) == (3, True)
    assert "d1" in caplog.text


def test_old_counters_are_not_shown_as_live(director, monkeypatch):
    monkeypatch.setattr(live, "SNAPSHOT_EXPIRES", 1)
    Voice(director).sample(1, {"a": ROW})
    time.sleep(1.2)
    with RunningRelay():
        time.sleep(1)
        assert snapshot(director.cluster_id) == []


def test_a_silent_director_leaves_the_snapshot_of_its_cluster(director, monkeypatch):
    monkeypatch.setattr(live, "SNAPSHOT_EXPIRES", 2)
    other = enrolled(name="d2", cluster=director.cluster)
    with RunningRelay():
        Voice(director).sample(1, {"a": ROW})
        eventually(lambda: len(snapshot(director.cluster_id)) == 1)
        for seq in range(12):
            Voice(other).sample(seq, {"b": ROW})
            time.sleep(0.4)
        assert [frame["name"] for frame in snapshot(director.cluster_id)] == ["d2"]


def test_a_director_that_moves_shows_up_in_its_new_cluster(director):
    voice = Voice(director)
    there = Cluster.objects.create(name="mail")
    with RunningRelay(), Ear(f"samples.{there.pk}") as ear:
        voice.sample(1, {"a": ROW})
        eventually(lambda: snapshot(director.cluster_id))
        Director.objects.filter(pk=director.pk).update(cluster=there)
        frame = ear.frame()
        assert frame["full"]
        assert snapshot(director.cluster_id) == []


def test_counters_go_on_after_redis_was_restarted_empty(director, redis_server):
    voice = Voice(director)
    with RunningRelay():
        voice.sample(1, {"a": ROW})
        eventually(lambda: snapshot(director.cluster_id))
        redis_server.stop()
        redis_server.start()
        redis_server.flush()
        voice.sample(2, {"a": MORE})
        eventually(
            lambda: (found := snapshot(director.cluster_id)) and found[0]["rows"] == {"a": MORE}
        )
