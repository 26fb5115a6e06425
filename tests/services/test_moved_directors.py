"""A director that was moved to another cluster: what it was in the first is for that one's people."""

import pytest

from apps.changes.drift.selectors import past_drifts
from apps.changes.services import end_change
from apps.inventory.services import edit_cluster
from apps.jobs.models import Errand
from apps.jobs.selectors import errand, runs_of
from apps.jobs.services import approve_and_start, ask_director
from lvs.canonical_form import make_table
from tests.factories import (
    make_applied,
    make_cluster,
    make_service,
    make_submitted,
    make_user_of,
    observe,
)

pytestmark = pytest.mark.django_db


def move(director, to):
    edit_cluster(actor=None, cluster=director.cluster, name=director.cluster.name, directors=[])
    edit_cluster(actor=None, cluster=to, name=to.name, directors=[director])
    director.refresh_from_db()


@pytest.fixture
def other(db):
    return make_cluster("other", directors=0)


@pytest.fixture
def drifted(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    director = cluster.directors.get()
    observe(director, make_table([make_service(scheduler="wrr")]))
    return director


def test_its_drifts_of_before_are_not_shown_to_people_of_the_new_one(drifted, cluster, other):
    move(drifted, other)
    assert not past_drifts(make_user_of(other, "viewer"), drifted)


def test_its_drifts_of_before_are_shown_to_who_sees_both(drifted, other, viewer):
    move(drifted, other)
    assert [drift.cluster.name for drift in past_drifts(viewer, drifted)] == ["web"]


def test_its_runs_of_before_are_not_shown_to_people_of_the_new_one(
    operator, approver, viewer, cluster, other
):
    change = make_submitted(operator, cluster, title="Secret launch")
    change = approve_and_start(actor=approver, change=change, digest=change.digest)
    end_change(change=change, state="failed", note="no")
    director = cluster.directors.get()
    move(director, other)
    assert not runs_of(make_user_of(other, "viewer"), director)
    assert [run.change for run in runs_of(viewer, director)] == [change]


def test_what_it_was_asked_before_is_not_shown_to_people_of_the_new_one(operator, cluster, other):
    director = cluster.directors.get()
    asked = ask_director(actor=operator, director=director, kind=Errand.Kind.CONNECTIONS)
    move(director, other)
    assert errand(operator, asked.pk) == asked
    with pytest.raises(Errand.DoesNotExist):
        errand(make_user_of(other, "operator"), asked.pk)
