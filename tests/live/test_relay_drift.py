"""From a director's report in Redis to a drift in the database and the news of it, by a running relay."""

import time

import pytest

from apps.changes.models import Change, Drift
from apps.changes.services import end_change
from lvs.agent import streams
from lvs.canonical_form import make_table
from lvs.documents import scope_to_document, table_to_document
from tests.applying import SERVICE, holds_what_was_approved, started, world
from tests.live.parts import Ear, RunningRelay, Voice, eventually

pytestmark = pytest.mark.django_db(transaction=True)

LIGHTER = SERVICE._replace(
    real_servers=(SERVICE.real_servers[0]._replace(weight=0), SERVICE.real_servers[1])
)


def observed(director, *services):
    table = make_table(services)
    return streams.observed(
        str(director.uuid),
        time.time(),
        table=table_to_document(table),
        owned=scope_to_document(table.scope),
        owned_digest=table.digest,
    )


@pytest.fixture
def director(redis_url):
    """It holds the head of its cluster."""
    made = world()
    change = started(made)
    holds_what_was_approved(change)
    end_change(change=change, state=Change.State.APPLIED)
    return made.directors[0]


def test_a_hand_typed_edit_is_known_and_told_within_one_report(director):
    voice, cluster = Voice(director), f"cluster.{director.cluster_id}"
    with RunningRelay(), Ear(cluster, "directors", "home") as ear:
        voice.report(observed(director, LIGHTER))
        drift = eventually(lambda: Drift.objects.filter(ended_at=None).first(), within=3)
        heard = set()
        eventually(lambda: heard.update(ear.topics()) or heard >= {cluster, "home"}, within=2)
    assert drift.summary == "192.168.1.103:80 of tcp 192.168.49.134:80 has weight 0 instead of 1"


def test_the_end_of_it_is_known_and_told_as_well(director):
    voice = Voice(director)
    with RunningRelay():
        voice.report(observed(director, LIGHTER))
        eventually(lambda: Drift.objects.filter(ended_at=None).exists(), within=3)
        with Ear("home") as ear:
            voice.report(observed(director, SERVICE))
            assert ear.next(within=3)["topic"] == "home"
    assert Drift.objects.get().ending == Drift.Ending.ITSELF


def test_a_report_that_comes_twice_begins_one_drift(director):
    voice = Voice(director)
    report = observed(director, LIGHTER)
    with RunningRelay():
        voice.report(report)
        voice.report(report)
        eventually(lambda: voice.unread() == 0, within=3)
    assert Drift.objects.count() == 1
