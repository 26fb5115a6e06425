"""What directors say of themselves: the newest word counts, whatever the order it comes in."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.inventory.models import Cluster, Director
from apps.telemetry import push
from apps.telemetry.models import DirectorStatus
from apps.telemetry.services import BadReport
from lvs.agent import streams
from lvs.canonical_form import make_table
from lvs.documents import scope_to_document, table_to_document
from lvs.model import EMPTY, Scope, VirtualService
from tests.identities import store_heartbeat, store_observed

pytestmark = pytest.mark.django_db

TABLE = make_table([VirtualService("inet", "tcp", "192.0.2.1", 80, 0)])
NOW = timezone.now()


@pytest.fixture
def director():
    return Director.objects.create(name="d1", cluster=Cluster.objects.create(name="web"))


@pytest.fixture
def announced(monkeypatch):
    topics = []
    monkeypatch.setattr(push, "announce", topics.append)
    return topics


NOTHING = scope_to_document(Scope())


def heartbeat(director, at=NOW, **fields):
    values = {"facts": {"kernel": "6.1"}, "revision": 1, "owned_digest": "a", "problem": ""}
    message = streams.heartbeat(str(director.uuid), 1.0, **(values | fields))
    store_heartbeat(director=director, message=message, seen_at=at)


def observed(director, table=TABLE, at=NOW, digest="b"):
    message = streams.observed(
        str(director.uuid),
        1.0,
        table=table_to_document(table),
        owned=scope_to_document(table.scope),
        owned_digest=digest,
    )
    store_observed(director=director, message=message, seen_at=at)


def status(director):
    return DirectorStatus.objects.get(director=director)


def test_a_heartbeat_is_kept(director):
    heartbeat(director, problem="no ip_vs")
    kept = status(director)
    assert kept.last_seen == NOW
    assert kept.facts == {"kernel": "6.1"}
    assert (kept.revision, kept.owned_digest, kept.problem) == (1, "a", "no ip_vs")


def test_an_older_heartbeat_changes_nothing(director):
    heartbeat(director, owned_digest="new")
    heartbeat(director, at=NOW - timedelta(seconds=3), owned_digest="old")
    assert status(director).owned_digest == "new"
    assert status(director).last_seen == NOW


def test_an_observed_table_is_kept(director):
    observed(director)
    kept = status(director)
    assert kept.observed == table_to_document(TABLE)
    assert kept.owned == scope_to_document(TABLE.scope)
    assert kept.owned_digest == "b"
    assert kept.observed_at == kept.last_seen == NOW


def test_an_older_table_changes_nothing(director):
    observed(director)
    observed(director, table=EMPTY, at=NOW - timedelta(seconds=1), digest="old")
    assert status(director).observed == table_to_document(TABLE)
    assert status(director).owned_digest == "b"


def test_a_late_table_does_not_undo_a_newer_heartbeat(director):
    heartbeat(director, owned_digest="newest")
    observed(director, at=NOW - timedelta(seconds=1), digest="older")
    kept = status(director)
    assert kept.observed == table_to_document(TABLE)
    assert (kept.owned_digest, kept.last_seen) == ("newest", NOW)


def test_a_table_that_is_none_is_refused(director):
    message = streams.observed(
        str(director.uuid), 1.0, table={"services": [{"port": 80}]}, owned=NOTHING, owned_digest=""
    )
    with pytest.raises(BadReport):
        store_observed(director=director, message=message)


@pytest.mark.parametrize(
    ("field", "value"),
    [("port", []), ("scheduler", 7), ("flags", [[]]), ("one_packet", "no"), ("address", "a" * 99)],
)
def test_a_table_with_a_value_that_can_not_be_is_refused(director, field, value):
    (service,) = table_to_document(TABLE)["services"]
    table = {"services": [service | {field: value}]}
    message = streams.observed(str(director.uuid), 1.0, table=table, owned=NOTHING, owned_digest="")
    with pytest.raises(BadReport):
        store_observed(director=director, message=message)


@pytest.mark.parametrize("owned", [{"fwmark": [], "family": "inet"}, {"fwmark": 1, "family": 4}])
def test_an_owned_key_that_can_not_be_is_refused(director, owned):
    table = table_to_document(TABLE)
    message = streams.observed(
        str(director.uuid), 1.0, table=table, owned=NOTHING | {"services": [owned]}, owned_digest=""
    )
    with pytest.raises(BadReport):
        store_observed(director=director, message=message)


def test_of_an_observed_table_nothing_else_is_kept(director):
    table = table_to_document(TABLE) | {"more": [[[[]]]]}
    message = streams.observed(str(director.uuid), 1.0, table=table, owned=NOTHING, owned_digest="")
    store_observed(director=director, message=message)
    assert status(director).observed == table_to_document(TABLE)


def test_after_the_clock_was_set_back_the_director_is_heard(director):
    heartbeat(director, at=NOW + timedelta(hours=1), owned_digest="ahead")
    heartbeat(director, owned_digest="now")
    assert (status(director).owned_digest, status(director).last_seen) == ("now", NOW)


def test_news_are_announced(director, announced):
    heartbeat(director)
    assert set(announced) == {"directors", f"cluster.{director.cluster_id}"}


def test_the_same_again_is_not_announced(director, announced):
    heartbeat(director)
    observed(director)
    announced.clear()
    heartbeat(director, at=NOW + timedelta(seconds=3), owned_digest="b")
    observed(director, at=NOW + timedelta(seconds=3))
    assert announced == []
    assert status(director).last_seen == NOW + timedelta(seconds=3)
