"""A drift begins, moves and ends as directors report, as heads come and as directors leave."""

import time
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from apps.changes.drift.selectors import drift_of, open_drifts, past_drifts
from apps.changes.models import Change, Drift
from apps.changes.services import end_change, settle_drift
from apps.inventory.models import Cluster
from apps.inventory.services import edit_cluster
from apps.jobs.services import approve_and_start
from apps.telemetry import push
from lvs.agent import streams
from lvs.canonical_form import make_table
from lvs.model import EMPTY
from tests.factories import (
    WEB1,
    WEB2,
    make_applied,
    make_director,
    make_service,
    make_submitted,
    observe,
)
from tests.identities import store_heartbeat
from tests.services.records import count, newest, said

pytestmark = pytest.mark.django_db

SOME_TIME = datetime(2026, 7, 1, tzinfo=UTC)
HEAD = make_table([make_service()])
OTHER = make_table([make_service(scheduler="wlc")])
LIGHTER = make_table([make_service(servers=(WEB1._replace(weight=0), WEB2))])


@pytest.fixture
def director(operator, approver, cluster):
    """The one director of a cluster that holds its head, revision 1."""
    make_applied(make_submitted(operator, cluster), approver)
    return cluster.directors.get()


def the_drift():
    return Drift.objects.get(ended_at=None)


def says(director, digest="", problem="", revision=1):
    message = streams.heartbeat(
        *(str(director.uuid), time.time()),
        facts={},
        revision=revision,
        owned_digest=digest,
        problem=problem,
    )
    store_heartbeat(director=director, message=message)


def started(operator, approver, director):
    """A change to OTHER that is being applied."""
    cluster = Cluster.objects.get(pk=director.cluster_id)
    change = make_submitted(operator, cluster, *OTHER.services)
    return approve_and_start(actor=approver, change=change, digest=change.digest)


def test_a_director_that_holds_the_head_does_not_drift(viewer, director):
    assert drift_of(viewer, director).state == "none"
    assert not Drift.objects.exists()


def test_a_drift_begins_with_the_report_that_shows_it(viewer, director):
    observe(director, LIGHTER)
    drift = the_drift()
    assert drift.summary == "192.168.1.103:80 of tcp 192.168.49.134:80 has weight 0 instead of 1"
    assert drift.since == drift.moved_at == director.status.observed_at
    seen = drift_of(viewer, director)
    assert (seen.state, seen.drift) == ("drifting", drift)
    assert [str(part.diff.service) for part in seen.difference.services] == [
        "tcp 192.168.49.134:80"
    ]


def test_its_record_is_the_directors_word_and_holds_the_difference(director):
    observe(director, LIGHTER)
    actor, obj, before, after, *_ = said("drift.began")
    assert (actor, obj) == (director.name, f"drift drift of {director.name}")
    weights = [
        [server["weight"] for server in document["services"][0]["real_servers"]]
        for document in (before, after)
    ]
    assert weights == [[1, 1], [0, 1]]
    assert before["revision"] == 1


def test_the_same_report_again_is_no_news(director):
    observe(director, LIGHTER)
    before = count()
    observe(director, LIGHTER)
    assert count() == before
    assert Drift.objects.count() == 1


def test_pages_are_told(director, monkeypatch):
    topics = []
    monkeypatch.setattr(push, "announce", topics.append)
    observe(director, LIGHTER)
    assert {"directors", f"cluster.{director.cluster_id}", "home"} <= set(topics)


def test_what_others_put_into_the_kernel_is_no_drift(viewer, director):
    observe(director, HEAD, foreign=make_table([make_service(port=25)]))
    assert drift_of(viewer, director).state == "none"
    assert not Drift.objects.exists()


def test_it_ends_by_itself(director):
    observe(director, LIGHTER)
    observe(director, HEAD)
    drift = Drift.objects.get()
    assert (drift.ending, drift.ended_at is not None) == (Drift.Ending.ITSELF, True)
    actor, _, before, after, *_ = said("drift.ended")
    assert actor == director.name
    assert before["differed"] == drift.summary
    assert after == {"ending": "the kernel was put back without this console"}


def test_it_goes_on_when_the_kernel_is_changed_again(director):
    observe(director, LIGHTER)
    first = the_drift()
    observe(director, EMPTY)
    drift = the_drift()
    assert (drift.pk, drift.since) == (first.pk, first.since)
    assert drift.digest != first.digest
    assert drift.summary == "tcp 192.168.49.134:80 is missing"
    assert newest("drift.moved").actor_name == director.name


def test_while_a_change_is_applied_nothing_is_called_drift(viewer, operator, approver, director):
    change = started(operator, approver, director)
    observe(director, OTHER)
    seen = drift_of(viewer, director)
    assert seen.state == "applying"
    assert seen.why == f"Change #{change.pk} is being applied to web."
    assert not Drift.objects.exists()


def test_what_differs_after_a_change_failed_is_drift_at_once(operator, approver, director):
    change = started(operator, approver, director)
    observe(director, EMPTY)
    end_change(change=change, state=Change.State.FAILED)
    assert the_drift().summary == "tcp 192.168.49.134:80 is missing"
    assert newest("drift.began").actor_name == "system"


def test_another_head_that_is_what_the_kernel_holds_ends_it(operator, approver, director):
    observe(director, LIGHTER)
    cluster = director.cluster
    cluster.refresh_from_db()
    make_applied(make_submitted(operator, cluster, *LIGHTER.services), approver)
    assert Drift.objects.get().ending == Drift.Ending.HEAD


def test_another_head_that_is_not_moves_it(operator, approver, director):
    observe(director, LIGHTER)
    first = the_drift()
    end_change(change=started(operator, approver, director), state=Change.State.APPLIED)
    drift = the_drift()
    assert (drift.pk, drift.since, drift.head.number) == (first.pk, first.since, 2)
    assert newest("drift.moved").actor_name == "system"


def test_a_director_that_joins_without_the_table_drifts(operator, director):
    other = make_director("late")
    directors = [director, other]
    edit_cluster(actor=operator, cluster=director.cluster, name="web", directors=directors)
    assert the_drift().director == other
    assert newest("drift.began").actor_name == "system"


def test_a_director_that_leaves_drifts_no_more(operator, director):
    observe(director, LIGHTER)
    edit_cluster(actor=operator, cluster=director.cluster, name="web", directors=[])
    assert Drift.objects.get().ending == Drift.Ending.LEFT


def test_a_director_of_no_cluster_has_nothing_to_differ_from(admin):
    director = make_director(holds=HEAD)
    assert drift_of(admin, director).state == "free"
    assert not Drift.objects.exists()


def test_before_the_first_revision_there_is_nothing_to_differ_from(viewer, cluster):
    seen = drift_of(viewer, cluster.directors.get())
    assert seen.state == "free"
    assert "has no revision yet" in seen.why


def test_a_director_that_never_reported_is_not_known(viewer, operator, director):
    silent = make_director("silent", holds=None)
    directors = [director, silent]
    edit_cluster(actor=operator, cluster=director.cluster, name="web", directors=directors)
    seen = drift_of(viewer, silent)
    assert (seen.state, "is its agent running?" in seen.why) == ("unknown", True)
    assert not Drift.objects.exists()


def test_a_director_that_can_not_read_its_kernel_is_not_known_and_its_drift_stays(viewer, director):
    observe(director, LIGHTER)
    says(director, problem="no ip_vs")
    seen = drift_of(viewer, director)
    assert (seen.state, seen.drift) == ("unknown", the_drift())
    assert "no ip_vs" in seen.why


def test_a_kernel_that_is_just_being_read_is_not_known(viewer, director):
    says(director, digest="f" * 64)
    seen = drift_of(viewer, director)
    assert (seen.state, "is being read: wait a few seconds" in seen.why) == ("unknown", True)


def test_a_change_that_only_this_director_verified_is_named(viewer, operator, approver, director):
    change = started(operator, approver, director)
    observe(director, OTHER)
    end_change(change=change, state=Change.State.PARTIAL)
    says(director, digest=OTHER.digest, revision=2)
    assert drift_of(viewer, director).half_applied == change


def test_lists_know_open_drifts_by_director(viewer, director):
    observe(director, LIGHTER)
    found = open_drifts(viewer, [director])
    assert {number: seen.state for number, seen in found.items()} == {director.pk: "drifting"}
    assert open_drifts(viewer, [make_director()]) == {}


def test_past_drifts_come_newest_first(viewer, director):
    for table in (LIGHTER, HEAD, EMPTY, HEAD):
        observe(director, table)
    assert [d.summary for d in past_drifts(viewer, director)] == [
        "tcp 192.168.49.134:80 is missing",
        "192.168.1.103:80 of tcp 192.168.49.134:80 has weight 0 instead of 1",
    ]


def test_settling_again_writes_nothing(director):
    observe(director, LIGHTER)
    before = count()
    settle_drift(director=director)
    assert count() == before


@pytest.mark.parametrize(
    "fields",
    [
        {"ended_at": SOME_TIME},
        {"ending": "itself"},
        {"ignored_because": "nobody"},
        {"ignored_at": SOME_TIME},
    ],
)
def test_the_database_refuses_a_drift_that_can_not_be(director, fields):
    observe(director, LIGHTER)
    with pytest.raises(IntegrityError), transaction.atomic():
        Drift.objects.update(**fields)


def test_the_database_refuses_a_second_open_drift_of_a_director(director):
    observe(director, LIGHTER)
    drift = the_drift()
    drift.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        drift.save()
