"""Commit confirmed: what nobody confirms in time is taken back by itself."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from apps.changes import services
from apps.changes.approval import in_the_way
from apps.changes.errors import Invalid, NotAllowed
from apps.changes.models import Change
from apps.changes.timing import Timing
from apps.jobs.services import begin_what_is_due
from lvs.canonical_form import make_table
from lvs.model import EMPTY
from tests.applying import verified
from tests.factories import make_applied, make_draft, make_service, make_submitted, observe
from tests.guards import force
from tests.services.records import said
from tests.services.timed import approve, timed

pytestmark = pytest.mark.django_db
S = Change.State


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


def test_the_truth_that_comes_late_waits_for_no_confirmation(unconfirmed, operator, approver):
    """A change called lost, whose director says later that it did it, is not the head any more."""
    services.confirm_change(actor=operator, change=unconfirmed)
    late = Change.objects.get(revision__number=1)
    force(late, state=S.FAILED, confirm_within=5)
    services.end_change(change=late, state=S.APPLIED)
    late.refresh_from_db()
    assert (late.state, late.confirm_by) == (S.APPLIED, None)


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


def test_what_takes_over_foreign_services_can_not_wait_to_be_confirmed(operator, cluster):
    """Taking it back would delete what another program had put there."""
    observe(cluster.directors.get(), EMPTY, foreign=make_table([make_service()]))
    draft = make_draft(operator, cluster, make_service())
    with pytest.raises(Invalid, match="could not be put back") as refused:
        services.submit_change(
            actor=operator, change=draft, adopt=True, timing=Timing(confirm_within=5)
        )
    assert refused.value.problems[0].path == ("confirm_within",)


def test_the_policys_confirmation_spares_what_takes_over_foreign_services(admin, operator, cluster):
    services.set_policy(actor=admin, cluster=cluster, version=1, approvals=1, confirm_within=5)
    observe(cluster.directors.get(), EMPTY, foreign=make_table([make_service()]))
    draft = make_draft(operator, cluster, make_service())
    change = services.submit_change(actor=operator, change=draft, adopt=True)
    assert (change.adopt, change.confirm_within) == (True, 0)


@pytest.mark.parametrize(
    ("asked", "policy", "minutes"), [(0, 5, 5), (9, 5, 5), (3, 5, 3), (3, 0, 3)]
)
def test_the_stricter_of_what_was_asked_and_the_policy_of_now_counts(
    asked, policy, minutes, admin, operator, approver, cluster
):
    change = timed(operator, cluster, confirm_within=asked)
    services.set_policy(actor=admin, cluster=cluster, version=1, approvals=1, confirm_within=policy)
    change = verified(approve(approver, Change.objects.get(pk=change.pk)))
    left = change.confirm_by - timezone.now()
    assert timedelta(minutes=minutes - 1) < left <= timedelta(minutes=minutes)
    assert change.confirm_within == minutes


def test_a_policy_that_came_later_spares_what_takes_over_foreign_services(
    admin, operator, approver, cluster
):
    observe(cluster.directors.get(), EMPTY, foreign=make_table([make_service()]))
    draft = make_draft(operator, cluster, make_service())
    change = services.submit_change(actor=operator, change=draft, adopt=True)
    services.set_policy(actor=admin, cluster=cluster, version=1, approvals=1, confirm_within=5)
    change = verified(approve(approver, Change.objects.get(pk=change.pk)))
    assert (change.state, change.confirm_by) == (S.APPLIED, None)


def test_what_takes_back_waits_for_no_confirmation(unconfirmed, admin):
    services.set_policy(
        actor=admin, cluster=unconfirmed.cluster, version=1, approvals=1, confirm_within=5
    )
    force(unconfirmed, confirm_by=timezone.now())
    begin_what_is_due()
    back = verified(Change.objects.get(takes_back=unconfirmed))
    assert (back.state, back.confirm_by) == (S.APPLIED, None)
