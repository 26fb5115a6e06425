"""What happens by the clock: scheduled changes and freezes."""

import pytest
from django.db import OperationalError, connections
from django.utils import timezone

from apps.changes import services
from apps.changes.approval import in_the_way
from apps.changes.errors import Invalid, NotAllowed
from apps.changes.models import Change
from apps.jobs.models import Run
from apps.jobs.services import begin_what_is_due, due
from apps.jobs.services.start import start_change
from lvs.canonical_form import make_table
from tests.factories import (
    make_applied,
    make_cluster,
    make_service,
    make_submitted,
    observe,
)
from tests.guards import force
from tests.services.records import newest
from tests.services.timed import HOUR, approve, timed

pytestmark = pytest.mark.django_db
S = Change.State


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


def test_one_whose_window_is_over_during_a_freeze_is_stale_at_once(
    admin, operator, approver, cluster
):
    now = timezone.now()
    services.add_freeze(
        actor=admin, cluster=cluster, reason="Sale", starts_at=now - HOUR, ends_at=now + HOUR
    )
    change = approve(approver, timed(operator, cluster, start_until=now + HOUR))
    force(change, start_until=timezone.now())
    begin_what_is_due()
    change.refresh_from_db()
    assert change.state == S.STALE


def test_one_whose_directors_left_the_cluster_never_begins(operator, approver, cluster):
    change = timed(operator, cluster, start_at=timezone.now() + HOUR)
    approve(approver, change)
    cluster.directors.update(cluster=None)  # past the service, which would make it stale
    with pytest.raises(NotAllowed, match="No director that it was planned for is left"):
        start_change(actor=None, change=Change.objects.get(pk=change.pk))
    assert not Run.objects.exists()


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


@pytest.mark.parametrize("usable", [True, False])
def test_a_lock_held_too_long_is_one_changes_matter_and_no_database_is_everybodys(
    usable, operator, approver, cluster, monkeypatch
):
    change = approve(approver, timed(operator, cluster, start_at=timezone.now() + HOUR))
    force(change, start_at=timezone.now())

    def moved(change):
        raise OperationalError("broken on purpose")

    monkeypatch.setattr("apps.jobs.services.start.what_moved", moved)
    monkeypatch.setattr(connections["default"], "is_usable", lambda: usable)
    if usable:
        assert begin_what_is_due() == 0
    else:
        with pytest.raises(OperationalError):
            begin_what_is_due()
    change.refresh_from_db()
    assert ("an error of its own" in change.state_note) is usable


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


def test_why_it_waits_is_not_said_of_one_that_another_worker_began(
    admin, operator, approver, cluster, monkeypatch
):
    change = approve(approver, timed(operator, cluster, start_at=timezone.now() + HOUR))
    force(change, start_at=timezone.now())

    def refused(*, change):
        monkeypatch.undo()
        assert begin_what_is_due() == 1  # another worker, in between
        raise NotAllowed("Director d has not reported what it holds yet.")

    monkeypatch.setattr(due, "start_due", refused)
    begin_what_is_due()
    change.refresh_from_db()
    assert (change.state, change.state_note) == (S.APPLYING, "")


def test_why_it_waits_is_not_said_of_one_that_another_worker_took_back(unconfirmed, monkeypatch):
    force(unconfirmed, confirm_by=timezone.now())

    def refused(*, change):
        monkeypatch.undo()
        assert begin_what_is_due() == 1
        raise NotAllowed("Another change is being applied.")

    monkeypatch.setattr(due, "take_back", refused)
    begin_what_is_due()
    unconfirmed.refresh_from_db()
    assert unconfirmed.state_note == ""
