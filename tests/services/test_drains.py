"""Draining a real server: the intent lives in the database, and every step is a change of its own."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from apps.changes.errors import NotAllowed
from apps.changes.services import withdraw_change
from apps.drains.errors import DrainError
from apps.drains.models import Drain
from apps.drains.services import end_early, undo_drain, watch_drains
from apps.jobs.services import approve_and_start
from tests.applying import verified
from tests.factories import (
    WEB1,
    WEB2,
    make_applied,
    make_cluster,
    make_submitted,
    make_user,
)
from tests.services.draining import counted, drain, idle_long_enough, now, settle, weights
from tests.services.records import count, newest, said

pytestmark = pytest.mark.django_db
D = Drain.State


def test_it_begins_with_a_change_to_weight_0(balanced, operator):
    made = drain(operator, balanced)
    assert (made.state, made.change.state, made.change.approved_by) == (
        D.ASKED,
        "applying",
        "policy",
    )
    who, name, _before, after, why, number = said("drain.asked")
    assert (who, why, number) == ("olga", "New disk", made.change_id)
    assert name == "drain drain of 192.168.1.103:80 from tcp 192.168.49.134:80"
    assert after["then"] == "remove"


def test_where_the_policy_wants_approval_it_waits_for_it(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    cluster.refresh_from_db()
    made = drain(operator, cluster)
    assert (made.state, made.change.state) == (D.ASKED, "in_review")
    assert watch_drains() == 0
    change = approve_and_start(actor=approver, change=made.change, digest=made.change.digest)
    verified(change)
    watch_drains()
    assert now(made).state == D.DRAINING


def test_while_somebody_is_connected_it_watches(draining):
    watch_drains()
    found = now(draining)
    assert found.state == D.DRAINING
    assert found.counts == {"active": 3, "inactive": 2, "persistent": 1}
    assert weights(found.cluster) == {"192.168.1.103:80": 0, "192.168.1.104:80": 1}


def test_watching_leaves_no_records(draining):
    before = count()
    watch_drains()
    assert count() == before


@pytest.mark.parametrize("counts", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_active_inactive_and_sticky_clients_all_count(counts, draining, monkeypatch):
    counted(monkeypatch, *counts)
    watch_drains()
    assert now(draining).idle_since is None


def test_one_idle_reading_decides_nothing(draining, monkeypatch):
    counted(monkeypatch, 0, 0, 0)
    watch_drains()
    watch_drains()
    assert now(draining).state == D.DRAINING


def test_once_nobody_is_connected_it_is_removed(draining, monkeypatch):
    counted(monkeypatch, 0, 0, 0)
    watch_drains()
    idle_long_enough(draining)
    watch_drains()
    assert now(draining).state == D.REMOVING
    settle(draining)
    watch_drains()
    found = now(draining)
    assert (found.state, bool(found.ended_at)) == (D.REMOVED, True)
    assert weights(found.cluster) == {"192.168.1.104:80": 1}


def test_what_it_does_by_itself_says_so(draining, monkeypatch):
    """It is in the name of who asked for the drain, who may be asleep."""
    counted(monkeypatch, 0, 0, 0)
    watch_drains()
    idle_long_enough(draining)
    watch_drains()
    change = now(draining).change
    assert change.author == draining.asked_by
    assert change.reason == "New disk\nBy itself, for the drain that Olga Berg asked for."
    assert newest("drain.removing").actor_name == "system"


def test_what_people_ask_for_is_not_by_itself(draining, operator):
    end_early(actor=operator, drain=draining, how=Drain.Then.REMOVE)
    assert now(draining).change.reason == "New disk"


def test_it_may_stay_at_weight_0(balanced, operator, monkeypatch):
    counted(monkeypatch, 0, 0, 0)
    made = drain(operator, balanced, then="keep")
    settle(made)
    watch_drains()
    watch_drains()
    idle_long_enough(made)
    watch_drains()
    assert now(made).state == D.KEPT
    assert weights(balanced)["192.168.1.103:80"] == 0


@pytest.mark.parametrize(
    ("how", "state"), [("remove", D.REMOVING), ("keep", D.KEPT), ("undo", D.UNDOING)]
)
def test_at_its_deadline_happens_what_was_chosen(how, state, balanced, operator, monkeypatch):
    counted(monkeypatch, 9, 9, 9)
    made = drain(operator, balanced, minutes=5, at_deadline=Drain.Then(how))
    settle(made)
    watch_drains()
    left = now(made).deadline - timezone.now()
    assert timedelta(minutes=4, seconds=50) < left <= timedelta(minutes=5)
    Drain.objects.filter(pk=made.pk).update(deadline=timezone.now())
    watch_drains()
    assert now(made).state == state


def test_what_is_not_known_ends_no_drain(draining, monkeypatch):
    counted(monkeypatch)
    idle_long_enough(draining)
    watch_drains()
    found = now(draining)
    assert (found.state, found.counts, found.idle_since) == (D.DRAINING, None, None)
    assert "not known" in found.note


def test_it_can_be_removed_although_somebody_is_connected(draining, operator):
    end_early(actor=operator, drain=draining, how=Drain.Then.REMOVE)
    assert now(draining).state == D.REMOVING


def test_an_ended_drain_stays_ended(draining, operator):
    end_early(actor=operator, drain=draining, how=Drain.Then.KEEP)
    with pytest.raises(DrainError, match="has ended: kept at weight 0"):
        undo_drain(actor=operator, drain=draining)


def test_a_change_that_is_withdrawn_ends_it(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    cluster.refresh_from_db()
    made = drain(operator, cluster)
    withdraw_change(actor=operator, change=made.change)
    watch_drains()
    assert (now(made).state, now(made).note) == (
        D.NOT_BEGUN,
        f"Change #{made.change_id} was withdrawn.",
    )


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"reason": " "}, "Say why"),
        ({"minutes": 0}, "From 1 to 10080 minutes"),
        ({"server": WEB1._replace(port=81)}, "no real server"),
    ],
)
def test_what_can_not_be_is_refused(wrong, says, balanced, operator):
    with pytest.raises(DrainError, match=says):
        drain(operator, balanced, **wrong)
    assert not Drain.objects.exists()


def test_a_real_server_is_drained_once(draining, operator):
    with pytest.raises(DrainError, match="weight 0 already"):
        drain(operator, draining.cluster)


def test_the_last_usable_one_needs_a_yes(draining, operator):
    draining.cluster.refresh_from_db()
    with pytest.raises(NotAllowed, match="clients would be refused"):
        drain(operator, draining.cluster, server=WEB2)
    assert drain(operator, draining.cluster, server=WEB2, allow_empty=True).state == D.ASKED


@pytest.mark.parametrize("role", ["viewer", "approver", "auditor"])
def test_who_submits_no_changes_drains_nothing(role, balanced, request):
    with pytest.raises(PermissionDenied):
        drain(make_user(role), balanced)


def test_it_goes_on_when_whoever_asked_lost_the_right(draining, operator, monkeypatch):
    operator.grants.all().delete()
    counted(monkeypatch, 0, 0, 0)
    watch_drains()
    idle_long_enough(draining)
    watch_drains()
    found = now(draining)
    assert found.state == D.DRAINING
    assert "role operator" in found.note


def test_at_its_deadline_nobody_is_cut_off_who_can_not_be_seen(balanced, operator, monkeypatch):
    counted(monkeypatch, 9, 9, 9)
    made = drain(operator, balanced, minutes=5, at_deadline=Drain.Then.REMOVE)
    settle(made)
    watch_drains()
    Drain.objects.filter(pk=made.pk).update(deadline=timezone.now())
    counted(monkeypatch)
    watch_drains()
    assert now(made).state == D.DRAINING
    counted(monkeypatch, 9, 9, 9)
    watch_drains()
    assert now(made).state == D.REMOVING


def test_one_that_meets_an_error_keeps_no_other(draining, operator, monkeypatch):
    other = make_cluster("b")
    make_applied(make_submitted(operator, other), make_user("approver"))
    fine = drain(operator, other)

    def looked_at(drain):
        if drain.pk == draining.pk:
            raise RuntimeError("broken on purpose")

    monkeypatch.setattr("apps.drains.services.watch.reading_of", looked_at)
    approver = make_user("approver")
    change = approve_and_start(actor=approver, change=fine.change, digest=fine.change.digest)
    verified(change)
    assert watch_drains() == 1
    assert now(draining).note == "The console met an error of its own. Its log says which."
    assert now(fine).state == D.DRAINING
