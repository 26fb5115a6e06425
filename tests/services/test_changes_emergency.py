"""Going back to a revision; in an emergency first, and reviewed after."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from apps.changes import services
from apps.changes.approval import in_the_way
from apps.changes.errors import Invalid, NotAllowed
from apps.changes.models import Change
from apps.changes.timing import Timing
from apps.inventory.models import Cluster
from apps.inventory.services import edit_cluster
from apps.jobs.models import Run
from apps.jobs.services import begin_what_is_due, store_run_finished, submit_and_start
from apps.jobs.services.ending import end_run, lock_run
from lvs.canonical_form import make_table
from tests.applying import run_finished, verified
from tests.factories import (
    make_applied,
    make_cluster,
    make_draft,
    make_service,
    make_submitted,
    make_user,
    observe,
    put,
)
from tests.guards import force
from tests.services.records import said
from tests.services.timed import HOUR, approve, opened, timed

pytestmark = pytest.mark.django_db
S = Change.State


def test_a_rollback_holds_exactly_the_revisions_table(two_revisions, operator, approver):
    change = opened(operator, two_revisions)
    assert change.table == two_revisions.revisions.get(number=1).table
    assert said("change.rollback_opened")[3]["revision"] == 1
    change = services.submit_change(actor=operator, change=change)
    change = verified(approve(approver, change))
    assert (change.state, change.revision.number) == (S.APPLIED, 3)


def test_an_emergency_goes_first_and_is_reviewed_after(two_revisions, approver):
    ema = make_user("emergency")
    draft = opened(ema, two_revisions)
    change = submit_and_start(actor=ema, change=draft, emergency=True)
    assert (change.state, change.approved_by, change.review_due) == (S.APPLYING, "emergency", True)
    change = verified(change)
    with pytest.raises(PermissionDenied, match="needs the role approver"):
        services.review_afterwards(actor=ema, change=change, verdict="approve")
    change = services.review_afterwards(actor=approver, change=change, verdict="approve")
    assert not change.review_due
    assert change.reviews.get().afterwards
    assert said("change.approved_afterwards")[0] == "adil"


def test_an_objection_ends_the_wait_too_and_says_why(two_revisions, approver):
    ema = make_user("emergency")
    change = submit_and_start(actor=ema, change=opened(ema, two_revisions), emergency=True)
    with pytest.raises(Invalid, match="Say why you object"):
        services.review_afterwards(actor=approver, change=change, verdict="reject")
    change = services.review_afterwards(
        actor=approver, change=change, verdict="reject", comment="It did not burn"
    )
    assert not change.review_due
    assert said("change.objected")[4] == "It did not burn"


def test_as_many_look_at_it_as_the_policy_asks(two_revisions, admin, approver):
    services.set_policy(actor=admin, cluster=two_revisions, version=1, approvals=2)
    ema = make_user("emergency")
    change = submit_and_start(actor=ema, change=opened(ema, two_revisions), emergency=True)
    assert services.review_afterwards(actor=approver, change=change, verdict="approve").review_due
    with pytest.raises(NotAllowed, match="approved it already"):
        services.review_afterwards(actor=approver, change=change, verdict="approve")
    assert not services.review_afterwards(actor=admin, change=change, verdict="approve").review_due


def test_an_emergency_does_not_wait_for_a_freeze(two_revisions, admin):
    now = timezone.now()
    services.add_freeze(
        actor=admin, cluster=two_revisions, reason="Sale", starts_at=now - HOUR, ends_at=now + HOUR
    )
    ema = make_user("emergency")
    change = submit_and_start(actor=ema, change=opened(ema, two_revisions), emergency=True)
    assert change.state == S.APPLYING


def test_an_emergency_settles_what_nobody_had_confirmed(unconfirmed):
    cluster, ema = unconfirmed.cluster, make_user("emergency")
    cluster.refresh_from_db()
    change = verified(submit_and_start(actor=ema, change=opened(ema, cluster), emergency=True))
    assert change.state == S.APPLIED
    unconfirmed.refresh_from_db()
    assert unconfirmed.confirm_by is None
    assert said("change.settled")[3] == {"by": f"change {change.pk}"}
    assert begin_what_is_due() == 0
    cluster.refresh_from_db()
    assert cluster.head == change.revision


def test_only_a_rollback_goes_first(two_revisions):
    ema = make_user("emergency")
    draft = make_draft(ema, two_revisions, make_service(443))
    with pytest.raises(NotAllowed, match="Only a rollback can go first"):
        submit_and_start(actor=ema, change=draft, emergency=True)


def test_a_rollback_that_was_edited_is_none_any_more(two_revisions):
    ema = make_user("emergency")
    draft = put(opened(ema, two_revisions), make_service(443))
    assert draft.rolls_back_to is None
    with pytest.raises(NotAllowed, match="Only a rollback can go first"):
        submit_and_start(actor=ema, change=draft, emergency=True)


def test_an_operator_has_no_emergency(two_revisions, operator):
    with pytest.raises(PermissionDenied, match="role emergency"):
        submit_and_start(actor=operator, change=opened(operator, two_revisions), emergency=True)


def test_what_was_never_applied_is_not_gone_back_to(operator, approver, cluster):
    change = approve(approver, make_submitted(operator, cluster))
    with pytest.raises(NotAllowed, match="was never applied by every director"):
        services.open_rollback(actor=operator, revision=change.revision, title="Go back")


def test_an_emergency_waits_for_no_confirmation(two_revisions, admin):
    """What it goes back to was good; what it replaces must not come back by itself."""
    services.set_policy(
        actor=admin, cluster=two_revisions, version=1, approvals=1, confirm_within=5
    )
    ema = make_user("emergency")
    change = submit_and_start(actor=ema, change=opened(ema, two_revisions), emergency=True)
    assert change.confirm_within == 0


def test_a_director_that_can_not_be_read_keeps_no_other_from_an_emergency(operator, approver):
    cluster = make_cluster(directors=2)
    make_applied(make_submitted(operator, cluster), approver)
    make_applied(make_submitted(operator, cluster, make_service(scheduler="wrr")), approver)
    cluster.refresh_from_db()
    status = cluster.directors.first().status
    status.problem = "no right to read it"
    status.save()
    ema = make_user("emergency")
    change = submit_and_start(actor=ema, change=opened(ema, cluster), emergency=True)
    assert [run.state for run in change.runs.all()] == ["queued", "queued"]


def test_whoever_may_review_may_object_although_others_are_named(two_revisions, admin, approver):
    services.set_policy(
        actor=admin, cluster=two_revisions, version=1, approvals=1, approvers=[admin]
    )
    ema = make_user("emergency")
    change = submit_and_start(actor=ema, change=opened(ema, two_revisions), emergency=True)
    with pytest.raises(NotAllowed, match="only the approval of Anna Stern counts"):
        services.review_afterwards(actor=approver, change=change, verdict="approve")
    change = services.review_afterwards(
        actor=approver, change=change, verdict="reject", comment="It did not burn"
    )
    assert not change.review_due


@pytest.mark.parametrize("how", ["reopen", "withdraw", "stale"])
def test_an_emergency_that_did_not_go_is_reviewed_as_any_other(how, two_revisions, approver):
    ema = make_user("emergency")
    change = opened(ema, two_revisions)
    change = services.submit_change(actor=ema, change=change, emergency=True)
    assert change.review_due
    if how == "reopen":
        change = services.reopen_change(actor=ema, change=change)
    elif how == "withdraw":
        change = services.withdraw_change(actor=ema, change=change)
    else:
        change = services.mark_stale(change=change, note="The head moved.")
    assert not Change.objects.get(pk=change.pk).review_due
    with pytest.raises(NotAllowed, match="waits for no review"):
        services.review_afterwards(actor=approver, change=change, verdict="approve")


@pytest.fixture
def waiting(two_revisions, operator, approver):
    """An emergency that waits for a change that is being applied, and that change."""
    busy = approve(approver, make_submitted(operator, two_revisions, make_service(443)))
    ema = make_user("emergency")
    change = submit_and_start(actor=ema, change=opened(ema, two_revisions), emergency=True)
    assert change.state == S.APPROVED
    return change, busy


@pytest.mark.parametrize("how", ["applied", "failed"])
def test_whatever_becomes_of_what_it_waits_for_it_goes(how, waiting):
    change, busy = waiting
    director = change.cluster.directors.get()
    if how == "applied":
        verified(busy)
    else:
        observe(director, make_table([make_service(443)]))  # half way
        services.end_change(change=busy, state=S.FAILED)
    assert begin_what_is_due() == 1
    change = verified(Change.objects.get(pk=change.pk))
    assert change.state == S.APPLIED
    change.cluster.refresh_from_db()
    assert change.cluster.head.table == change.rolls_back_to.table
    assert list(said("change.planned_anew")[3]["steps"]) == [director.name]


def test_it_goes_before_what_others_had_approved_earlier(two_revisions, operator, approver):
    later = timezone.now() + HOUR
    other = timed(operator, two_revisions, make_service(8080), start_at=later)
    other = approve(approver, other)
    busy = approve(approver, make_submitted(operator, two_revisions, make_service(443)))
    ema = make_user("emergency")
    first = submit_and_start(actor=ema, change=opened(ema, two_revisions), emergency=True)
    force(other, start_at=timezone.now())
    services.end_change(change=busy, state=S.FAILED)
    assert in_the_way(other) == f"Change #{first.pk} goes first: it is an emergency."
    assert begin_what_is_due() == 1
    assert Change.objects.get(state=S.APPLYING) == first


def settled_by_an_emergency(change):
    cluster = Cluster.objects.get(pk=change.cluster_id)
    ema = make_user("emergency")
    verified(submit_and_start(actor=ema, change=opened(ema, cluster), emergency=True))


def taken_back(change):
    force(change, confirm_by=timezone.now())
    begin_what_is_due()
    verified(Change.objects.get(takes_back=change))


def still_waiting(change):
    assert change.waits_for_confirmation


@pytest.mark.parametrize("what", [still_waiting, taken_back, settled_by_an_emergency])
def test_an_emergency_does_not_go_back_to_what_nobody_confirmed(what, unconfirmed):
    what(unconfirmed)
    cluster = Cluster.objects.get(pk=unconfirmed.cluster_id)
    ema = make_user("emergency")
    with pytest.raises(NotAllowed, match="to be confirmed, and nobody did"):
        submit_and_start(actor=ema, change=opened(ema, cluster, number=2), emergency=True)


def test_an_emergency_goes_back_to_what_was_confirmed(unconfirmed, operator, approver):
    services.confirm_change(actor=operator, change=unconfirmed)
    cluster = Cluster.objects.get(pk=unconfirmed.cluster_id)
    make_applied(make_submitted(operator, cluster, make_service(443)), approver)
    cluster.refresh_from_db()
    ema = make_user("emergency")
    change = submit_and_start(actor=ema, change=opened(ema, cluster, number=2), emergency=True)
    assert change.state == S.APPLYING


def test_who_objects_before_it_began_stops_it(waiting, approver):
    change, busy = waiting
    change = services.review_afterwards(
        actor=approver, change=change, verdict="reject", comment="Don't"
    )
    assert (change.state, change.review_due) == (S.STALE, False)
    assert change.state_note == "Adil Khan objected before it began."
    services.end_change(change=busy, state=S.FAILED)
    begin_what_is_due()
    change.refresh_from_db()
    assert change.state == S.STALE


def test_who_agrees_before_it_began_lets_it_go(waiting, approver):
    change, busy = waiting
    services.review_afterwards(actor=approver, change=change, verdict="approve")
    services.end_change(change=busy, state=S.FAILED)
    begin_what_is_due()
    change.refresh_from_db()
    assert (change.state, change.review_due) == (S.APPLYING, False)


def test_an_emergency_begins_at_once_whatever_time_was_asked_for(two_revisions):
    ema = make_user("emergency")
    later = Timing(start_at=timezone.now() + HOUR, confirm_within=5)
    change = submit_and_start(
        actor=ema, change=opened(ema, two_revisions), emergency=True, timing=later
    )
    assert (change.state, change.start_at, change.confirm_within) == (S.APPLYING, None, 0)


@pytest.mark.parametrize("how", [services.withdraw_change, services.mark_stale])
def test_one_that_did_not_go_has_no_approval_any_more(how, waiting):
    change, _busy = waiting
    who = {"actor": change.author} if how is services.withdraw_change else {"note": "Moved."}
    assert how(change=change, **who).approved_by == ""
    assert Change.objects.get(pk=change.pk).approved_by == ""


def test_one_that_is_withdrawn_already_is_not_reviewed_afterwards(waiting, approver):
    """Even where the mark was left: the service looks at the state, too."""
    change, _busy = waiting
    services.withdraw_change(actor=change.author, change=change)
    force(change, review_due=True)
    with pytest.raises(NotAllowed, match="can't be reviewed afterwards"):
        services.review_afterwards(actor=approver, change=change, verdict="approve")


def test_an_emergency_to_the_head_goes_to_a_director_that_can_not_be_read(two_revisions):
    """It may hold anything; where all hold the table already, there is nothing to do."""
    ema = make_user("emergency")
    draft = opened(ema, two_revisions, number=2)
    with pytest.raises(NotAllowed, match="Nothing would change"):
        submit_and_start(actor=ema, change=draft, emergency=True)
    status = two_revisions.directors.get().status
    status.problem = "no right to read it"
    status.save()
    assert submit_and_start(actor=ema, change=draft, emergency=True).state == S.APPLYING


def test_an_emergency_that_waits_goes_before_a_take_back(unconfirmed):
    """Which it settles."""
    cluster = Cluster.objects.get(pk=unconfirmed.cluster_id)
    ema = make_user("emergency")
    first = submit_and_start(actor=ema, change=opened(ema, cluster), emergency=True)
    second = submit_and_start(actor=ema, change=opened(ema, cluster), emergency=True)
    force(unconfirmed, confirm_by=timezone.now())
    services.end_change(change=first, state=S.FAILED)
    begin_what_is_due()
    assert Change.objects.get(state=S.APPLYING) == second


def test_a_late_word_of_an_older_emergency_settles_nothing_newer(operator, approver):
    cluster = make_cluster(directors=2)
    make_applied(make_submitted(operator, cluster), approver)
    make_applied(make_submitted(operator, cluster, make_service(scheduler="wrr")), approver)
    cluster.refresh_from_db()
    ema = make_user("emergency")
    emergency = submit_and_start(actor=ema, change=opened(ema, cluster), emergency=True)
    for run in emergency.runs.all():
        with transaction.atomic():
            end_run(lock_run(run.pk), Run.State.LOST, error="no word", actor_name="system")
    stays, leaves = cluster.directors.order_by("pk")
    edit_cluster(actor=None, cluster=cluster, name=cluster.name, directors=[stays])
    cluster = Cluster.objects.get(pk=cluster.pk)
    wanted = make_service(scheduler="wlc")
    newer = verified(approve(approver, timed(operator, cluster, wanted, confirm_within=10)))
    run = emergency.runs.get(director=leaves)
    store_run_finished(director=leaves, message=run_finished(run, state="partial"))
    emergency.refresh_from_db()
    assert emergency.state == S.PARTIAL
    assert Change.objects.get(pk=newer.pk).waits_for_confirmation
