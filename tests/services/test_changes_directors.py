"""What other directors of a cluster mean for its changes, and what a director's reports do."""

import time

import pytest

from apps.changes import services
from apps.changes.errors import NotAllowed
from apps.changes.models import Change
from apps.inventory.errors import InventoryError
from apps.inventory.services import edit_cluster
from apps.jobs.services import approve_and_start
from lvs.agent import streams
from lvs.canonical_form import make_table
from lvs.model import EMPTY
from tests.factories import (
    make_applied,
    make_cluster,
    make_director,
    make_draft,
    make_service,
    make_submitted,
    observe,
)
from tests.identities import store_heartbeat
from tests.services.records import count, said

pytestmark = pytest.mark.django_db
S = Change.State


def assign(actor, cluster, *directors):
    return edit_cluster(actor=actor, cluster=cluster, name=cluster.name, directors=directors)


def state_of(change):
    return Change.objects.get(pk=change.pk).state


def says_it_owns(director, digest):
    """A heartbeat that comes before the table that it speaks of."""
    message = streams.heartbeat(
        str(director.uuid), time.time(), facts={}, revision=0, owned_digest=digest, problem=""
    )
    store_heartbeat(director=director, message=message)


def test_a_new_director_makes_a_review_stale_at_once(operator, cluster):
    change = make_submitted(operator, cluster)
    assign(operator, cluster, *cluster.directors.all(), make_director())
    change.refresh_from_db()
    assert change.state == S.STALE
    assert change.state_note == "The cluster has other directors than when it was submitted."
    assert said("change.stale")[0] == "system"


def test_a_director_that_leaves_makes_a_review_stale_too(operator, cluster):
    change = make_submitted(operator, cluster)
    assign(operator, cluster)
    assert state_of(change) == S.STALE


def test_drafts_go_on_with_other_directors(operator, cluster):
    draft = make_draft(operator, cluster, make_service())
    other = make_director()
    assign(operator, cluster, *cluster.directors.all(), other)
    change = services.submit_change(actor=operator, change=draft)
    assert {plan.director for plan in change.plans.all()} == set(cluster.directors.all())


def test_a_new_name_or_description_leaves_reviews_alone(operator, cluster):
    change = make_submitted(operator, cluster)
    edit_cluster(actor=operator, cluster=cluster, name="site", description="All of it")
    assert state_of(change) == S.IN_REVIEW


def test_changes_of_other_clusters_stay_as_they_are(operator, cluster):
    change = make_submitted(operator, cluster)
    assign(operator, make_cluster(), make_director())
    assert state_of(change) == S.IN_REVIEW


def test_directors_stay_while_a_change_is_applied_to_them(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    approve_and_start(actor=approver, change=change, digest=change.digest)
    before = count()
    with pytest.raises(InventoryError, match="is being applied to web") as refused:
        assign(operator, cluster)
    assert refused.value.field == "directors"
    assert cluster.directors.count() == 1
    assert count() == before


def test_they_may_change_when_it_has_ended(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    assign(operator, cluster)
    assert not cluster.directors.exists()


def test_no_plan_is_made_from_a_table_that_is_known_to_be_old(operator, cluster):
    draft = make_draft(operator, cluster, make_service())
    director = cluster.directors.get()
    says_it_owns(director, "f" * 64)
    with pytest.raises(NotAllowed, match="wait a few seconds, then try again"):
        services.submit_change(actor=operator, change=draft)
    observe(director, EMPTY)
    assert services.submit_change(actor=operator, change=draft).state == S.IN_REVIEW


def test_an_approval_compares_with_the_newest_heartbeat(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    says_it_owns(cluster.directors.get(), "f" * 64)
    with pytest.raises(NotAllowed, match="another table than it last reported"):
        services.approve_change(actor=approver, change=change, digest=change.digest)
    change.refresh_from_db()
    assert change.state == S.IN_REVIEW
    assert not change.reviews.exists()


def test_an_approval_of_what_was_taken_over_compares_that_too(operator, approver, cluster):
    director = cluster.directors.get()
    observe(director, EMPTY, foreign=make_table([make_service(scheduler="wlc")]))
    draft = make_draft(operator, cluster, make_service())
    change = services.submit_change(actor=operator, change=draft, adopt=True)
    observe(director, EMPTY, foreign=make_table([make_service(scheduler="sed")]))
    after = services.approve_change(actor=approver, change=change, digest=change.digest)
    assert after.state == S.STALE
    assert "another table than when the plan was made" in after.state_note
