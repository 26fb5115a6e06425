"""Who is still connected to a real server that is drained: summed over the directors, or unknown."""

import time
from datetime import timedelta

import pytest
import redis
from django.utils import timezone

from apps.drains.counting import Counts, reading_of
from apps.drains.models import Drain
from apps.drains.services import watch_drains
from apps.telemetry.live import store_frame
from apps.telemetry.models import DirectorStatus, RelayStatus
from lvs.agent.streams import ROW_FIELDS, row_id
from tests.factories import make_director, tell
from tests.services.draining import SERVICE, drain, now, settle

pytestmark = pytest.mark.django_db
NAME = row_id(SERVICE.key, "192.168.1.103:80")


def store(url, director, rows, seconds_ago=0.0):
    """The relay keeps what the director counted, which came to Redis so long ago."""
    frame = {"director": str(director.uuid), "name": director.name, "rows": rows, "full": True}
    with redis.Redis.from_url(url) as client:
        store_frame(client, director.cluster_id, frame, entered=time.time() - seconds_ago)


def counts_of(drain):
    reading = reading_of(drain)
    return reading and reading.counts


def row(active, inactive, persistent):
    return [active, inactive, persistent] + [0] * (len(ROW_FIELDS) - 3)


@pytest.fixture
def heard(balanced):
    """A relay listens, and the director of the cluster is there."""
    now = timezone.now()
    RelayStatus.objects.create(
        name="relay", listening_since=now - timedelta(hours=1), last_read=now
    )
    tell(balanced.directors.get())
    return balanced


def test_connections_are_summed_over_all_directors(heard, operator, redis_url):
    second = make_director("second")
    tell(second)
    heard.directors.add(second)
    made = drain(operator, heard)
    assert counts_of(made) is None
    first = heard.directors.exclude(pk=second.pk).get()
    second.refresh_from_db()
    store(redis_url, first, {NAME: row(1, 2, 3)})
    assert counts_of(made) is None, "one director is not heard"
    store(redis_url, second, {NAME: row(10, 20, 30)})
    assert counts_of(made) == Counts(11, 22, 33)
    store(redis_url, second, {})
    assert counts_of(made) == Counts(1, 2, 3)


def test_a_reading_is_as_old_as_its_oldest_sample(heard, operator, redis_url):
    second = make_director("second")
    tell(second)
    heard.directors.add(second)
    made = drain(operator, heard)
    for director, seconds in zip(heard.directors.order_by("name"), (3, 12), strict=True):
        store(redis_url, director, {}, seconds_ago=seconds)
    age = (timezone.now() - reading_of(made).at).total_seconds()
    assert 12 <= age < 13


def test_without_redis_nothing_is_known(heard, operator, redis_server, redis_url):
    made = drain(operator, heard)
    redis_server.stop()
    assert counts_of(made) is None


@pytest.fixture
def counting(heard, operator, redis_url):
    """A drain, what is stored of its director, and a way to store something else."""
    made = drain(operator, heard)
    director = heard.directors.get()

    def count(rows, seconds_ago=0.0):
        store(redis_url, director, rows, seconds_ago)

    count({NAME: row(1, 2, 3)})
    assert counts_of(made) == Counts(1, 2, 3)
    return made, count


def test_of_a_director_that_fell_silent_nothing_is_known(counting):
    """Its last frame is there still, for a while: it says nothing of now."""
    made, _count = counting
    DirectorStatus.objects.update(last_seen=timezone.now() - timedelta(minutes=1))
    assert counts_of(made) is None


def test_without_a_relay_that_listens_nothing_is_known(counting):
    made, _count = counting
    RelayStatus.objects.all().delete()
    assert counts_of(made) is None


@pytest.mark.parametrize("odd", [{NAME: [1]}, {NAME: ["x"] * 9}, {NAME: None}, [], None])
def test_of_a_frame_that_is_not_understood_nothing_is_known(odd, counting):
    made, count = counting
    count(odd)
    assert counts_of(made) is None


def test_of_a_sample_that_is_live_no_more_nothing_is_known(counting):
    """Another director of the cluster may keep the whole from expiring."""
    made, count = counting
    count({NAME: row(0, 0, 0)}, seconds_ago=31)
    assert counts_of(made) is None


NOBODY = {NAME: row(0, 0, 0)}


@pytest.fixture
def at_weight_0(counting):
    """Its weight is 0 for a minute; nobody was counted yet."""
    made, count = counting
    settle(made)
    watch_drains()
    Drain.objects.filter(pk=made.pk).update(begun_at=timezone.now() - timedelta(minutes=1))
    return made, count


def test_one_sample_is_no_stretch_of_time_however_often_it_is_looked_at(at_weight_0):
    made, count = at_weight_0
    count(NOBODY, seconds_ago=28)
    watch_drains()
    watch_drains()
    assert now(made).state == "draining"
    count(NOBODY, seconds_ago=14)
    watch_drains()
    assert now(made).state == "draining", "14 seconds between two samples"
    count(NOBODY, seconds_ago=12)
    watch_drains()
    assert now(made).state == "removing"


def test_who_connects_between_two_samples_begins_it_anew(at_weight_0):
    made, count = at_weight_0
    for connections, seconds in ((0, 28), (1, 20), (0, 10)):
        count({NAME: row(connections, 0, 0)}, seconds_ago=seconds)
        watch_drains()
    assert now(made).state == "draining"


def test_samples_from_before_its_weight_was_0_do_not_count(at_weight_0):
    made, count = at_weight_0
    Drain.objects.filter(pk=made.pk).update(begun_at=timezone.now() - timedelta(seconds=20))
    count(NOBODY, seconds_ago=25)
    watch_drains()
    assert now(made).idle_since is None
    count(NOBODY, seconds_ago=6)
    watch_drains()
    assert now(made).state == "draining"
