"""What happens by the clock: scheduled changes, freezes, and taking back what nobody confirmed."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from apps.changes import services
from apps.changes.approval import in_the_way
from apps.changes.errors import Invalid, NotAllowed
from apps.changes.models import Change
from apps.changes.timing import Timing
from apps.jobs.models import Run
from apps.jobs.services import approve_and_start, begin_what_is_due, submit_and_start
from lvs.canonical_form import make_table
from tests.applying import verified
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
from tests.services.records import newest, said

pytestmark = pytest.mark.django_db
S = Change.State
HOUR = timedelta(hours=1)


def timed(author, cluster, service=None, **timing):
    draft = make_draft(author, cluster, service or make_service())
    return services.submit_change(actor=author, change=draft, timing=Timing(**timing))


def approve(approver, change):
    return approve_and_start(actor=approver, change=change, digest=change.digest)


def test_a_change_waits_for_its_time_and_then_begins(operator, approver, cluster):
    change = approve(approver, timed(operator, cluster, start_at=timezone.now() + HOUR))
    assert change.state == S.APPROVED
    assert "It begins on" in in_the_way(change)
    assert begin_what_is_due() == 0
    force(change, start_at=timezone.now())
    assert begin_what_is_due() == 1
    change.refresh_from_db()
    assert change.state == S.APPLYING
    assert newest("change.started").actor_name == "system"


def test_one_whose_window_is_over_is_stale(operator, approver, cluster):
    soon = timezone.now() + HOUR
    change = approve(approver, timed(operator, cluster, start_at=soon, start_until=soon + HOUR))
    force(change, start_at=timezone.now() - HOUR, start_until=timezone.now())
    begin_what_is_due()
    change.refresh_from_db()
    assert (change.state, change.state_note) == (
        S.STALE,
        "The time in which it should begin is over.",
    )


def test_one_whose_director_moved_meanwhile_is_stale(operator, approver, cluster):
    change = approve(approver, timed(operator, cluster, start_at=timezone.now() + HOUR))
    observe(cluster.directors.get(), make_table([make_service(443)]))
    force(change, start_at=timezone.now())
    begin_what_is_due()
    change.refresh_from_db()
    assert change.state == S.STALE


def test_another_change_that_is_applied_meanwhile_makes_it_stale(operator, approver, cluster):
    waiting = approve(approver, timed(operator, cluster, start_at=timezone.now() + HOUR))
    make_applied(make_submitted(operator, cluster, make_service(443)), approver)
    waiting.refresh_from_db()
    assert waiting.state == S.STALE


@pytest.mark.parametrize(
    ("timing", "field", "says"),
    [
        ({"start_until": -HOUR}, "start_until", "ends before it begins"),
        ({"start_at": HOUR, "start_until": HOUR}, "start_until", "ends before it begins"),
        ({"start_at": HOUR * 24 * 91}, "start_at", "next 90 days"),
        ({"confirm_within": 1441}, "confirm_within", "From 1 to 1440 minutes"),
    ],
)
def test_a_time_that_is_none_is_refused_beside_its_field(timing, field, says, operator, cluster):
    now = timezone.now()
    given = {n: v if isinstance(v, int) else now + v for n, v in timing.items()}
    with pytest.raises(Invalid, match=says) as refused:
        timed(operator, cluster, **given)
    assert refused.value.problems[0].path == (field,)


def test_a_freeze_holds_an_approved_change_until_it_is_over(admin, operator, approver, cluster):
    now = timezone.now()
    window = services.add_freeze(
        actor=admin, cluster=cluster, reason="Sale", starts_at=now - HOUR, ends_at=now + HOUR
    )
    change = approve(approver, make_submitted(operator, cluster))
    assert change.state == S.APPROVED
    assert in_the_way(change).endswith("Sale.")
    assert begin_what_is_due() == 0
    services.remove_freeze(actor=admin, window=window)
    assert begin_what_is_due() == 1


def test_an_approved_change_that_waits_can_be_withdrawn(operator, approver, cluster):
    change = approve(approver, timed(operator, cluster, start_at=timezone.now() + HOUR))
    services.withdraw_change(actor=operator, change=change)
    force(change, start_at=timezone.now())
    assert begin_what_is_due() == 0
    assert not Run.objects.exists()


# --- commit confirmed ----------------------------------------------------------------------------


@pytest.fixture
def unconfirmed(operator, approver, cluster):
    """A second change is applied and waits to be confirmed; the first is revision 1."""
    make_applied(make_submitted(operator, cluster), approver)
    cluster.refresh_from_db()
    wanted = make_service(scheduler="wrr")
    change = verified(approve(approver, timed(operator, cluster, wanted, confirm_within=10)))
    assert change.state == S.APPLIED
    return change


def test_a_confirmed_change_stays(unconfirmed, operator):
    assert unconfirmed.waits_for_confirmation
    services.confirm_change(actor=operator, change=unconfirmed)
    who, _name, _before, after, _why, number = said("change.confirmed")
    assert (who, after, number) == ("olga", {"confirmed": True}, unconfirmed.pk)
    force(unconfirmed, confirm_by=timezone.now())
    assert begin_what_is_due() == 0


def test_it_counts_from_the_moment_it_is_applied(unconfirmed):
    left = unconfirmed.confirm_by - timezone.now()
    assert timedelta(minutes=9, seconds=50) < left <= timedelta(minutes=10)


def test_what_nobody_confirms_is_taken_back_by_itself(unconfirmed):
    force(unconfirmed, confirm_by=timezone.now())
    assert begin_what_is_due() == 1
    back = verified(Change.objects.get(takes_back=unconfirmed))
    assert (back.state, back.approved_by) == (S.APPLIED, "unconfirmed")
    assert back.table == Change.objects.get(revision__number=1).table
    assert back.revision.number == 3
    assert newest("change.taken_back").actor_name == "system"
    assert begin_what_is_due() == 0


def test_what_waits_says_why_on_its_page_once(unconfirmed, caplog):
    force(unconfirmed, confirm_by=timezone.now())
    status = unconfirmed.cluster.directors.get().status
    status.problem = "no right to read it"
    status.save()
    begin_what_is_due()
    begin_what_is_due()
    unconfirmed.refresh_from_db()
    assert unconfirmed.state_note.startswith("It waits: Director ")
    assert "no right to read it" in unconfirmed.state_note
    assert caplog.text.count("It waits") == 1
    status.problem = ""
    status.save()
    begin_what_is_due()
    unconfirmed.refresh_from_db()
    assert unconfirmed.state_note == ""


def test_one_that_meets_an_error_keeps_no_other_from_beginning(
    operator, approver, cluster, monkeypatch
):
    broken = approve(approver, timed(operator, cluster, start_at=timezone.now() + HOUR))
    other = approve(approver, timed(operator, make_cluster("b"), start_at=timezone.now() + HOUR))
    for change in (broken, other):
        force(change, start_at=timezone.now())

    def moved(change):
        if change.pk == broken.pk:
            raise RuntimeError("broken on purpose")
        return ""

    monkeypatch.setattr("apps.jobs.services.start.what_moved", moved)
    assert begin_what_is_due() == 1
    broken.refresh_from_db()
    other.refresh_from_db()
    assert (broken.state, other.state) == (S.APPROVED, S.APPLYING)
    assert "an error of its own" in broken.state_note


def test_a_policy_that_became_stricter_holds_what_waited_for_its_time(
    admin, operator, approver, cluster
):
    change = approve(approver, timed(operator, cluster, start_at=timezone.now() + HOUR))
    services.set_policy(actor=admin, cluster=cluster, version=1, approvals=2)
    force(change, start_at=timezone.now())
    begin_what_is_due()
    change.refresh_from_db()
    assert change.state == S.STALE
    assert "no longer suffices" in change.state_note


def test_the_truth_that_comes_late_waits_for_no_confirmation(unconfirmed, operator, approver):
    """A change called lost, whose director says later that it did it, is not the head any more."""
    services.confirm_change(actor=operator, change=unconfirmed)
    late = Change.objects.get(revision__number=1)
    force(late, state=S.FAILED, confirm_within=5)
    services.end_change(change=late, state=S.APPLIED)
    late.refresh_from_db()
    assert (late.state, late.confirm_by) == (S.APPLIED, None)


def test_taking_back_waits_until_it_is_known_what_directors_hold(unconfirmed):
    force(unconfirmed, confirm_by=timezone.now())
    director = unconfirmed.cluster.directors.get()
    status = director.status
    status.problem = "no right to read it"
    status.save()
    assert begin_what_is_due() == 0
    status.problem = ""
    status.save()
    assert begin_what_is_due() == 1


def test_after_its_time_it_can_not_be_confirmed(unconfirmed, operator):
    force(unconfirmed, confirm_by=timezone.now())
    with pytest.raises(NotAllowed, match="was not confirmed in time: it is being taken back"):
        services.confirm_change(actor=operator, change=unconfirmed)


def test_a_viewer_does_not_confirm(unconfirmed, viewer):
    with pytest.raises(PermissionDenied, match="start, confirm or stop"):
        services.confirm_change(actor=viewer, change=unconfirmed)


def test_what_stays_anyway_needs_no_confirmation(operator, approver, cluster):
    change = make_applied(make_submitted(operator, cluster), approver)
    with pytest.raises(NotAllowed, match="waits for no confirmation"):
        services.confirm_change(actor=operator, change=change)


def test_the_next_change_waits_until_the_last_one_is_settled(unconfirmed, operator, approver):
    following = approve(approver, timed(operator, unconfirmed.cluster, make_service(443)))
    assert following.state == S.APPROVED
    assert f"Change #{unconfirmed.pk} waits to be confirmed" in in_the_way(following)
    services.confirm_change(actor=operator, change=unconfirmed)
    assert begin_what_is_due() == 1


def test_the_policy_makes_every_change_one_to_confirm(admin, operator, cluster):
    services.set_policy(actor=admin, cluster=cluster, version=1, approvals=1, confirm_within=5)
    cluster.refresh_from_db()
    assert timed(operator, cluster).confirm_within == 5
    with pytest.raises(Invalid, match="gives 5 minutes at most"):
        timed(operator, cluster, make_service(443), confirm_within=6)


# --- rollback ------------------------------------------------------------------------------------


@pytest.fixture
def two_revisions(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    make_applied(make_submitted(operator, cluster, make_service(scheduler="wrr")), approver)
    cluster.refresh_from_db()
    return cluster


def opened(actor, cluster, number=1):
    revision = cluster.revisions.get(number=number)
    return services.open_rollback(
        actor=actor, revision=revision, title="Go back", reason="It burns"
    )


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
