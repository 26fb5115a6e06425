"""What a cluster asks of its changes: how many approvals, by whom, for which edits."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.accounts.services import grant_role, revoke_role
from apps.changes import services
from apps.changes.approval import approvals_of, needed_for, policy_of
from apps.changes.errors import Conflict, Invalid, NotAllowed
from apps.changes.models import Change, Review
from apps.changes.small_edit import is_small_step
from apps.jobs.services import submit_and_start
from lvs.canonical_form import make_table
from lvs.step import Step
from tests.factories import (
    WEB1,
    WEB2,
    make_applied,
    make_cluster,
    make_draft,
    make_service,
    make_submitted,
    make_user,
    observe,
    put,
)
from tests.services.records import count, said

pytestmark = pytest.mark.django_db
S = Change.State


def set_policy(actor, cluster, **wanted):
    cluster.refresh_from_db()
    asked = {"version": policy_of(cluster).version, "approvals": 1} | wanted
    services.set_policy(actor=actor, cluster=cluster, **asked)
    cluster.refresh_from_db()


def approve(actor, change, **more):
    change.refresh_from_db()
    return services.approve_change(actor=actor, change=change, digest=change.digest, **more)


def test_without_a_policy_one_approval_is_enough(operator, approver, cluster):
    assert approve(approver, make_submitted(operator, cluster)).state == S.APPROVED


def test_a_policy_is_stored_and_recorded(admin, approver, cluster):
    set_policy(admin, cluster, approvers=[approver], free_weights=True, confirm_within=5)
    who, name, before, after, _why, _change = said("policy.edited")
    assert (who, name) == ("anna", "clusterpolicy policy of web")
    assert before["approvers"] == []
    assert after == {
        "approvers": ["adil"],
        "weights need no approval": True,
        "confirm within": 5,
    }


def test_the_same_policy_again_is_no_act(admin, cluster):
    set_policy(admin, cluster, approvals=2)
    before = count()
    set_policy(admin, cluster, approvals=2)
    assert count() == before


def test_a_policy_that_somebody_else_changed_is_not_overwritten(admin, cluster):
    set_policy(admin, cluster, approvals=2)
    with pytest.raises(Conflict, match="Somebody else changed this policy"):
        services.set_policy(actor=admin, cluster=cluster, version=0, approvals=0)
    cluster.refresh_from_db()
    assert policy_of(cluster).approvals == 2


def test_of_two_who_set_the_first_policy_at_once_the_second_is_told(admin, cluster):
    shown = policy_of(cluster).version
    services.set_policy(actor=admin, cluster=cluster, version=shown, approvals=2)
    with pytest.raises(Conflict, match="Somebody else changed this policy"):
        services.set_policy(actor=admin, cluster=cluster, version=shown, approvals=0)


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"approvals": 4}, "approvals", "From 0 to 3"),
        ({"approvals": -1}, "approvals", "From 0 to 3"),
        ({"confirm_within": 1441}, "confirm_within", "From 0 to 1440 minutes"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(wrong, field, says, admin, cluster):
    with pytest.raises(Invalid, match=says) as refused:
        set_policy(admin, cluster, **wrong)
    assert refused.value.problems[0].path == (field,)


def test_who_may_not_review_is_no_approver(admin, viewer, cluster):
    with pytest.raises(Invalid, match="They may not review changes of web: vera"):
        set_policy(admin, cluster, approvers=[viewer])


def test_as_many_people_as_approvals_must_be_named(admin, approver, cluster):
    with pytest.raises(Invalid, match="2 approvals are needed, and only 1 people"):
        set_policy(admin, cluster, approvals=2, approvers=[approver])


@pytest.mark.parametrize("role", ["operator", "approver", "auditor", "emergency"])
def test_only_administrators_set_it(role, cluster):
    with pytest.raises(PermissionDenied, match="role admin"):
        set_policy(make_user(role), cluster)


def test_an_administrator_of_another_cluster_does_not_set_it(cluster, viewer):
    grant_role(actor=None, user=viewer, role="admin", cluster_id=make_cluster("other").pk)
    with pytest.raises(PermissionDenied, match="in this cluster"):
        set_policy(viewer, cluster)


def test_two_approvals_need_two_people(admin, operator, approver, cluster):
    set_policy(admin, cluster, approvals=2)
    change = make_submitted(operator, cluster)
    change = approve(approver, change)
    assert change.state == S.IN_REVIEW
    assert said("change.approved")[3]["approvals"] == "1 of 2"
    with pytest.raises(NotAllowed, match="You have approved it already"):
        approve(approver, change)
    assert approve(admin, change).state == S.APPROVED
    assert said("change.approved")[3]["approvals"] == "2 of 2"


def test_only_the_named_count(admin, operator, approver, cluster):
    set_policy(admin, cluster, approvers=[admin])
    change = make_submitted(operator, cluster)
    with pytest.raises(NotAllowed, match="In web only the approval of Anna Stern counts"):
        approve(approver, change)
    assert approve(admin, change).state == S.APPROVED


def test_a_policy_that_becomes_stricter_counts_for_what_waits(admin, operator, approver, cluster):
    change = make_submitted(operator, cluster)
    set_policy(admin, cluster, approvals=2)
    assert approve(approver, change).state == S.IN_REVIEW


def test_an_approver_who_lost_the_role_counts_no_longer(admin, operator, approver, cluster):
    set_policy(admin, cluster, approvals=2)
    change = approve(approver, make_submitted(operator, cluster))
    revoke_role(actor=admin, grant=approver.grants.get())
    change = approve(admin, change)
    assert change.state == S.IN_REVIEW
    assert [review.reviewer for review in approvals_of(change).given] == [admin]


def test_an_edit_voids_the_approvals(admin, operator, approver, cluster):
    set_policy(admin, cluster, approvals=2)
    change = approve(approver, make_submitted(operator, cluster))
    change = services.reopen_change(actor=operator, change=change)
    change = services.submit_change(actor=operator, change=change)
    assert approvals_of(change).given == []
    assert approve(admin, change).state == S.IN_REVIEW


def test_where_nobody_need_approve_a_submit_begins_it(admin, operator, cluster):
    set_policy(admin, cluster, approvals=0)
    change = submit_and_start(actor=operator, change=make_draft(operator, cluster, make_service()))
    assert (change.state, change.approved_by) == (S.APPLYING, "policy")
    assert not change.reviews.exists()
    assert "asks for nobody" in said("change.approved")[3]["basis"]


def weighted(*weights):
    servers = [s._replace(weight=w) for s, w in zip((WEB1, WEB2), weights, strict=True)]
    return make_service(servers=servers)


@pytest.fixture
def balanced(admin, operator, approver, cluster):
    """The tutorial's service is applied, and weights need no approval."""
    set_policy(admin, cluster, free_weights=True)
    make_applied(make_submitted(operator, cluster, weighted(1, 1)), approver)
    return cluster


@pytest.mark.parametrize("weights", [(20, 10), (0, 1)])
def test_weights_and_drains_may_need_no_approval(weights, balanced, operator):
    draft = put(make_draft(operator, balanced), weighted(*weights))
    assert needed_for(draft) == 0
    assert submit_and_start(actor=operator, change=draft).state == S.APPLYING


@pytest.mark.parametrize(
    "other",
    [
        make_service(scheduler="wrr"),
        make_service(servers=[WEB1]),
        make_service(port=81),
        make_service(servers=[WEB1._replace(upper_threshold=9), WEB2]),
    ],
)
def test_any_other_edit_needs_its_approval_nevertheless(other, balanced, operator):
    draft = put(make_draft(operator, balanced), other)
    assert needed_for(draft) == 1
    assert submit_and_start(actor=operator, change=draft).state == S.IN_REVIEW


def test_weights_need_approval_where_a_director_would_get_more_than_weights(balanced, operator):
    """Somebody deleted the service there by hand: the change would bring all of it back."""
    observe(balanced.directors.get(), make_table([]))
    draft = put(make_draft(operator, balanced), weighted(20, 10))
    assert submit_and_start(actor=operator, change=draft).state == S.IN_REVIEW


def test_weights_need_approval_where_they_take_over_what_others_put_there(balanced, operator):
    director = balanced.directors.get()
    observe(director, make_table([]), foreign=make_table([weighted(1, 1)]))
    draft = put(make_draft(operator, balanced), weighted(20, 10))
    change = submit_and_start(actor=operator, change=draft, adopt=True)
    assert change.state == S.IN_REVIEW


def test_putting_weights_back_that_drifted_needs_no_approval(balanced, operator):
    observe(balanced.directors.get(), make_table([weighted(7, 1)]))
    assert submit_and_start(actor=operator, change=make_draft(operator, balanced)).state == (
        S.APPLYING
    )


def test_deleting_what_drifted_needs_approval(balanced, operator):
    """The table is that of the head, and yet a director would lose something."""
    third = WEB1._replace(address="192.168.1.105")
    observe(balanced.directors.get(), make_table([make_service(servers=[WEB1, WEB2, third])]))
    change = submit_and_start(actor=operator, change=make_draft(operator, balanced))
    assert change.state == S.IN_REVIEW


def test_a_loosened_policy_lets_on_what_has_its_approvals_by_now(
    admin, operator, approver, cluster
):
    set_policy(admin, cluster, approvals=2)
    change = approve(approver, make_submitted(operator, cluster))
    set_policy(admin, cluster, approvals=1)
    change = approve(approver, change)
    assert (change.state, change.approved_by) == (S.APPROVED, "people")
    assert change.reviews.count() == 1


def test_where_nobody_approved_the_policy_is_why_it_goes_on(admin, operator, approver, cluster):
    """Directors refuse an order that says people approved it and names none."""
    set_policy(admin, cluster, approvers=[admin])
    change = make_submitted(operator, cluster)
    set_policy(admin, cluster, approvals=0, approvers=[admin])
    change = approve(approver, change)
    assert (change.state, change.approved_by) == (S.APPROVED, "policy")
    assert not change.reviews.exists()


def test_a_policy_that_comes_to_ask_for_nobody_is_why_one_is_enough(
    admin, operator, approver, cluster
):
    set_policy(admin, cluster, approvals=2)
    first = make_submitted(operator, cluster, weighted(1, 1))
    make_applied(approve(admin, first), approver)
    cluster.refresh_from_db()
    change = put(make_draft(operator, cluster), weighted(5, 1))
    change = services.submit_change(actor=operator, change=change)
    set_policy(admin, cluster, approvals=2, free_weights=True)
    change = approve(approver, change)
    assert (change.state, change.approved_by) == (S.APPROVED, "policy")


def test_who_approved_may_reject_it_after_all(admin, operator, approver, cluster):
    set_policy(admin, cluster, approvals=2)
    change = approve(approver, make_submitted(operator, cluster))
    change = services.reject_change(
        actor=approver, change=change, digest=change.digest, comment="I saw it too late"
    )
    assert change.state == S.REJECTED


def test_a_comment_is_no_verdict(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    services.comment_on_change(actor=approver, change=change, comment="Why rr?")
    change.refresh_from_db()
    assert change.state == S.IN_REVIEW
    assert change.reviews.get().comment == "Why rr?"
    assert approvals_of(change).given == []
    with pytest.raises(Invalid, match="Write what you want to say"):
        services.comment_on_change(actor=approver, change=change, comment=" ")


def test_who_may_not_review_does_not_comment(operator, viewer, cluster):
    with pytest.raises(PermissionDenied):
        services.comment_on_change(
            actor=viewer, change=make_submitted(operator, cluster), comment="Hm"
        )


def test_a_comment_is_refused_in_words_of_its_own(admin, viewer, operator, cluster):
    own, other = make_submitted(admin, cluster), make_submitted(operator, cluster)
    for actor, change, says in (
        (admin, own, "You wrote this change: comments are for those who review it."),
        (viewer, other, "You may not comment on changes: that needs the role approver."),
    ):
        with pytest.raises(PermissionDenied, match=says):
            services.comment_on_change(actor=actor, change=change, comment="Hm")
    assert not Review.objects.exists()


def test_what_a_director_holds_is_looked_at_again_before_the_last_approval(
    admin, operator, approver, cluster
):
    set_policy(admin, cluster, approvals=2)
    change = approve(approver, make_submitted(operator, cluster))
    observe(cluster.directors.get(), make_table([make_service(443)]))
    assert approve(admin, change).state == S.STALE


def test_who_lets_it_on_is_stored_where_their_word_counts(admin, operator, approver, cluster):
    change = make_submitted(operator, cluster)
    set_policy(admin, cluster, approvals=0)
    change = approve(approver, change)
    assert (change.state, change.approved_by) == (S.APPROVED, "people")
    assert change.reviews.get().reviewer == approver


@pytest.mark.parametrize(("weight", "small"), [(0, True), (1, False)])
def test_the_removal_of_what_had_a_weight_is_not_small(weight, small):
    had = WEB1._replace(weight=weight)
    assert is_small_step(Step("delete server", make_service(), WEB1, had)) is small
