"""Reading changes, in few queries and only with the right to."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.changes import selectors
from apps.changes.services import reject_change
from apps.inventory.models import Director
from lvs.canonical_form import make_table
from tests.factories import (
    WEB1,
    make_cluster,
    make_director,
    make_draft,
    make_service,
    make_submitted,
    observe,
)

pytestmark = pytest.mark.django_db


def test_changes_are_listed_newest_first_in_one_query(
    viewer, operator, cluster, django_assert_num_queries
):
    made = [make_draft(operator, cluster) for _ in range(3)]
    assert viewer.held_roles  # read once
    with django_assert_num_queries(1):
        read = [(c.pk, c.cluster.name, c.author.username) for c in selectors.changes(viewer)]
    assert read == [(change.pk, "web", "olga") for change in reversed(made)]


def test_one_change_comes_with_all_its_page_needs(
    viewer, operator, approver, django_assert_max_num_queries
):
    change = make_submitted(operator, make_cluster(directors=3))
    reject_change(actor=approver, change=change, digest=change.digest, comment="No")
    assert viewer.held_roles  # read once
    with django_assert_max_num_queries(5):
        read = selectors.change(viewer, change.pk)
        plans = [plan.director.name for plan in read.plans.all()]
        reviewers = [review.reviewer.username for review in read.reviews.all()]
        assert (read.cluster.head, read.base, read.revision) == (None, None, None)
    assert (len(plans), reviewers) == (3, ["adil"])


def test_a_change_that_is_not_there(viewer):
    with pytest.raises(selectors.Change.DoesNotExist):
        selectors.change(viewer, 99)


def test_what_waits_for_me_is_what_i_may_review(viewer, operator, approver, admin, cluster):
    make_draft(operator, cluster)
    theirs = make_submitted(operator, cluster)
    own = make_submitted(admin, make_cluster())
    assert set(selectors.waiting_for(approver)) == {theirs, own}
    assert list(selectors.waiting_for(admin)) == [theirs]
    assert not selectors.waiting_for(operator)
    assert not selectors.waiting_for(viewer)


def test_who_has_no_role_reads_nothing(django_user_model, operator, cluster):
    change = make_draft(operator, cluster)
    stranger = django_user_model.objects.create(username="stranger")
    for read in (
        lambda: selectors.changes(stranger),
        lambda: selectors.change(stranger, change.pk),
        lambda: selectors.waiting_for(stranger),
    ):
        with pytest.raises(PermissionDenied, match="see this"):
            read()


def test_problems_are_found_with_their_place(operator, cluster):
    change = make_draft(operator, cluster, make_service())
    assert selectors.problems_of(change, selectors.table_of(change)) == []
    change.table["services"][0]["port"] = 70000
    assert selectors.problems_of(change, selectors.table_of(change))[0].path == (
        "services",
        0,
        "port",
    )


def test_what_a_director_holds_is_told_apart():
    director = make_director()
    ours, others = make_table([make_service(80)]), make_table([make_service(443, servers=(WEB1,))])
    observe(director, ours, foreign=others)
    seen = selectors.observed_of(Director.objects.get(pk=director.pk))
    assert (seen.table.only(seen.owned), seen.owned_digest) == (ours, ours.digest)
    assert seen.table == make_table([make_service(80), make_service(443, servers=(WEB1,))])


def test_a_silent_director_holds_nobody_knows_what():
    assert selectors.observed_of(make_director(holds=None)) is None
