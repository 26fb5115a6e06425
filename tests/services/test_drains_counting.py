"""Who is still connected to a real server that is drained: summed over the directors, or unknown."""

from datetime import timedelta

import pytest
import redis
from django.utils import timezone

from apps.drains.counting import Counts, counts_of
from apps.telemetry.live import store_frame
from apps.telemetry.models import DirectorStatus, RelayStatus
from lvs.agent.streams import ROW_FIELDS, row_id
from tests.factories import make_director, tell
from tests.services.draining import SERVICE, drain

pytestmark = pytest.mark.django_db
NAME = row_id(SERVICE.key, "192.168.1.103:80")


def frame(director, rows):
    return {"director": str(director.uuid), "name": director.name, "rows": rows, "full": True}


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
    with redis.Redis.from_url(redis_url) as client:
        first = heard.directors.exclude(pk=second.pk).get()
        store_frame(client, heard.pk, frame(first, {NAME: row(1, 2, 3)}))
        assert counts_of(made) is None, "one director is not heard"
        store_frame(client, heard.pk, frame(second, {NAME: row(10, 20, 30)}))
        assert counts_of(made) == Counts(11, 22, 33)
        store_frame(client, heard.pk, frame(second, {}))
        assert counts_of(made) == Counts(1, 2, 3)


def test_without_redis_nothing_is_known(heard, operator, redis_server, redis_url):
    made = drain(operator, heard)
    redis_server.stop()
    assert counts_of(made) is None


@pytest.fixture
def counting(heard, operator, redis_url):
    """A drain, what is stored of its director, and a way to store something else."""
    made = drain(operator, heard)
    director = heard.directors.get()

    def store(rows):
        with redis.Redis.from_url(redis_url) as client:
            store_frame(client, heard.pk, frame(director, rows))

    store({NAME: row(1, 2, 3)})
    assert counts_of(made) == Counts(1, 2, 3)
    return made, store


def test_of_a_director_that_fell_silent_nothing_is_known(counting):
    """Its last frame is there still, for a while: it says nothing of now."""
    made, _store = counting
    DirectorStatus.objects.update(last_seen=timezone.now() - timedelta(minutes=1))
    assert counts_of(made) is None


def test_without_a_relay_that_listens_nothing_is_known(counting):
    made, _store = counting
    RelayStatus.objects.all().delete()
    assert counts_of(made) is None


@pytest.mark.parametrize("odd", [{NAME: [1]}, {NAME: ["x"] * 9}, {NAME: None}, [], None])
def test_of_a_frame_that_is_not_understood_nothing_is_known(odd, counting):
    made, store = counting
    store(odd)
    assert counts_of(made) is None
