"""Second thoughts about a drain, by people; and changes of others that decide it."""

import pytest
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.changes.models import Change
from apps.changes.services import end_change, open_draft, put_service, set_policy
from apps.drains.errors import DrainError
from apps.drains.models import Drain
from apps.drains.services import end_early, undo_drain, watch_drains
from apps.jobs.models import Run
from apps.jobs.services import begin_what_is_due, store_run_finished, submit_and_start
from apps.jobs.services.ending import end_run, lock_run
from tests.applying import run_finished, verified
from tests.factories import (
    WEB1,
    WEB2,
    make_applied,
    make_draft,
    make_service,
    make_submitted,
    make_user,
)
from tests.guards import force
from tests.services.draining import (
    SERVICE,
    counted,
    drain,
    idle_long_enough,
    now,
    settle,
    weights,
)
from tests.services.records import said
from tests.services.timed import approve

pytestmark = pytest.mark.django_db
D = Drain.State


def test_it_is_undone_with_its_old_weight(draining, operator):
    undo_drain(actor=operator, drain=draining)
    assert now(draining).state == D.UNDOING
    settle(draining)
    watch_drains()
    assert now(draining).state == D.UNDONE
    assert weights(draining.cluster)["192.168.1.103:80"] == 1


def test_before_it_began_undoing_withdraws_its_change(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    cluster.refresh_from_db()
    made = drain(operator, cluster)
    undo_drain(actor=operator, drain=made)
    assert now(made).state == D.NOT_BEGUN
    assert now(made).change.state == Change.State.WITHDRAWN


def test_while_its_change_is_applied_it_is_not_undone(balanced, operator):
    made = drain(operator, balanced)
    with pytest.raises(DrainError, match="is being applied: wait until it ends"):
        undo_drain(actor=operator, drain=made)


def other_change(operator, cluster, service):
    cluster.refresh_from_db()
    draft = open_draft(actor=operator, cluster=cluster, title="Other", reason="Because")
    draft = put_service(
        actor=operator, change=draft, version=draft.version, old_key=SERVICE.key, service=service
    )
    return verified(submit_and_start(actor=operator, change=draft))


def test_a_weight_that_somebody_gave_it_back_ends_it(draining, operator):
    other_change(operator, draining.cluster, make_service(servers=[WEB1._replace(weight=7), WEB2]))
    watch_drains()
    assert (now(draining).state, now(draining).note) == (D.UNDONE, "Revision 3 gave it weight 7.")


def test_a_real_server_that_somebody_removed_ends_it(draining, operator):
    other_change(operator, draining.cluster, make_service(servers=[WEB2]))
    watch_drains()
    assert (now(draining).state, now(draining).note) == (D.REMOVED, "Revision 3 has it no more.")


def test_it_is_not_undone_twice(draining, operator):
    undo_drain(actor=operator, drain=draining)
    number = now(draining).change_id
    with pytest.raises(DrainError, match=f"undone already, by change #{number}"):
        undo_drain(actor=operator, drain=draining)
    assert now(draining).change_id == number


def test_another_operator_who_undoes_it_is_recorded_as_such(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    cluster.refresh_from_db()
    made = drain(operator, cluster)
    other = make_user("operator", "otto")
    undo_drain(actor=other, drain=made)
    who, _name, _before, _after, why, _number = said("change.withdrawn")
    assert who == "otto"
    assert why == f"With {made}."


def test_an_undo_that_became_stale_is_made_anew_on_the_new_head(draining, operator):
    undo_drain(actor=operator, drain=draining)
    first = now(draining).change
    end_change(change=first, state="failed")
    force(first, state="stale")
    watch_drains()
    again = now(draining)
    assert (again.state, again.change.author) == (D.UNDOING, operator)
    assert again.change_id != first.pk
    settle(draining)
    watch_drains()
    assert now(draining).state == D.UNDONE
    assert weights(draining.cluster)["192.168.1.103:80"] == 1


@pytest.mark.parametrize("how", ["failed", "partial"])
def test_an_undo_that_failed_leaves_it_at_weight_0_and_says_so(how, draining, operator):
    undo_drain(actor=operator, drain=draining)
    change = now(draining).change
    end_change(change=change, state=how)
    watch_drains()
    found = now(draining)
    assert found.state == D.KEPT
    assert found.note.startswith(f"Change #{change.pk}, to undo it, was ")


def test_a_removal_whose_author_edited_it_is_no_removal(draining, operator, monkeypatch):
    """Sent back to draft, the change may come to hold something else altogether."""
    end_early(actor=operator, drain=draining, how=Drain.Then.REMOVE)
    change = now(draining).change
    force(change, state="applied")
    watch_drains()
    found = now(draining)
    assert (found.state, found.note) == (D.KEPT, f"Change #{change.pk} left it at weight 0.")


@pytest.fixture
def stale_undo(operator, approver, cluster):
    """Una began to undo the drain; another change came first, and Una has left since."""
    make_applied(make_submitted(operator, cluster), approver)
    cluster.refresh_from_db()
    made = drain(operator, cluster)
    approve(approver, Change.objects.get(pk=made.change_id))
    settle(made)
    watch_drains()
    una = make_user("operator", "una")
    undo_drain(actor=una, drain=now(made))
    verified(approve(approver, make_submitted(operator, cluster, make_service(443))))
    assert now(made).change.state == Change.State.STALE
    User.objects.filter(pk=una.pk).update(is_active=False)
    return now(made)


def test_a_stale_undo_whose_author_is_gone_says_why_it_waits(stale_undo):
    watch_drains()
    assert now(stale_undo).state == D.UNDOING
    assert now(stale_undo).note


def test_a_stale_undo_goes_on_in_the_name_of_who_asks(stale_undo, operator, approver):
    undo_drain(actor=operator, drain=stale_undo)
    change = Change.objects.get(pk=now(stale_undo).change_id)
    assert (change.author, change.state) == (operator, Change.State.IN_REVIEW)
    verified(approve(approver, change))
    watch_drains()
    assert now(stale_undo).state == D.UNDONE


def test_a_removal_that_became_stale_counts_anew(draining, operator, monkeypatch):
    counted(monkeypatch, 0, 0, 0)
    watch_drains()
    idle_long_enough(draining)
    watch_drains()
    assert now(draining).state == D.REMOVING
    force(now(draining).change, state="stale")
    watch_drains()
    assert (now(draining).state, now(draining).idle_since) == (D.DRAINING, None)
    watch_drains()
    assert now(draining).state == D.DRAINING, "somebody may have come since"


def lost(change):
    """Its director is called lost in the middle of the run."""
    run = change.runs.get()
    with transaction.atomic():
        end_run(lock_run(run.pk), Run.State.LOST, error="no word", actor_name="system")
    watch_drains()


def done_after_all(change):
    run = change.runs.get()
    store_run_finished(director=run.director, message=run_finished(run))


def test_a_removal_called_lost_that_was_done_is_one(draining, operator):
    end_early(actor=operator, drain=draining, how=Drain.Then.REMOVE)
    change = now(draining).change
    lost(change)
    assert now(draining).state == D.KEPT
    done_after_all(change)
    assert now(draining).state == D.REMOVED


def test_a_drain_whose_beginning_was_called_lost_may_be_at_weight_0(balanced, operator):
    made = drain(operator, balanced)
    lost(made.change)
    assert now(made).state == D.NOT_BEGUN
    done_after_all(made.change)
    assert (now(made).state, now(made).note) == (
        D.KEPT,
        f"Change #{made.change_id} was applied after all.",
    )


def test_while_it_waits_for_a_director_it_takes_no_numbers(draining, operator, monkeypatch):
    counted(monkeypatch, 0, 0, 0)
    watch_drains()
    idle_long_enough(draining)
    status = draining.cluster.directors.get().status
    status.problem = "no right to read it"
    status.save()
    newest = make_draft(operator, draining.cluster, make_service(81)).pk
    for _ in range(3):
        watch_drains()
    assert "can't read its kernel" in now(draining).note
    assert make_draft(operator, draining.cluster, make_service(82)).pk == newest + 1


def test_at_its_deadline_a_drain_is_kept_although_its_removal_is_refused(
    balanced, operator, monkeypatch
):
    """Whoever asked for it has left; to keep it needs nobody's right."""
    counted(monkeypatch, 0, 0, 0)
    made = drain(operator, balanced, minutes=1, at_deadline=Drain.Then.KEEP)
    settle(made)
    watch_drains()
    watch_drains()
    User.objects.filter(pk=operator.pk).update(is_active=False)
    idle_long_enough(made)
    watch_drains()
    assert now(made).state == D.DRAINING
    Drain.objects.filter(pk=made.pk).update(deadline=timezone.now())
    watch_drains()
    assert now(made).state == D.KEPT


@pytest.mark.parametrize("how", ["remove", "undo"])
def test_a_drain_whose_end_was_taken_back_says_so(how, balanced, admin, operator, monkeypatch):
    counted(monkeypatch, 3, 2, 1)
    made = drain(operator, balanced)
    settle(made)
    watch_drains()
    set_policy(
        actor=admin, cluster=balanced, version=2, approvals=1, free_weights=True, confirm_within=5
    )
    if how == "remove":
        end_early(actor=operator, drain=now(made), how=Drain.Then.REMOVE)
    else:
        undo_drain(actor=operator, drain=now(made))
    settle(made)
    watch_drains()
    change = Change.objects.get(pk=now(made).change_id)
    force(change, confirm_by=timezone.now())
    begin_what_is_due()
    verified(Change.objects.get(takes_back=change))
    assert weights(balanced)["192.168.1.103:80"] == 0
    assert (now(made).state, now(made).note) == (
        D.KEPT,
        f"Change #{change.pk} was taken back: nobody confirmed it.",
    )
