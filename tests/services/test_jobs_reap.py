"""Runs of which nothing is heard any more."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.audit.models import AuditRecord
from apps.changes.models import Change
from apps.jobs.models import Outbox, Run
from apps.jobs.services import (
    reap,
    reap_runs,
    store_refused,
    store_run_finished,
    store_run_started,
)
from apps.telemetry.models import RelayStatus
from lvs.agent import streams
from tests.applying import (
    holds_what_was_approved,
    run_finished,
    run_started,
    started,
    world,
)

pytestmark = pytest.mark.django_db


def ago(seconds):
    return timezone.now() - timedelta(seconds=seconds)


@pytest.fixture
def run():
    listened(3600)
    return started(world()).runs.get()


def listened(seconds, until=0):
    RelayStatus.objects.update_or_create(
        name="relay", defaults={"listening_since": ago(seconds), "last_read": ago(until)}
    )


def past_its_deadline(run):
    Outbox.objects.filter(run=run).update(deadline=ago(1))


def running_and_silent(run, seconds):
    store_run_started(director=run.director, message=run_started(run))
    Run.objects.filter(pk=run.pk).update(heard_at=ago(seconds))
    past_its_deadline(run)


def lost(run):
    past_its_deadline(run)
    reap_runs()
    run.refresh_from_db()
    assert run.state == "lost"


def test_a_run_within_its_deadline_is_left_alone(run):
    assert reap_runs() == 0


def test_a_run_that_nobody_took_is_lost_after_its_deadline(run):
    past_its_deadline(run)
    assert reap_runs() == 1
    run.refresh_from_db()
    assert run.state == "lost"
    assert run.error.startswith("Not delivered")
    change = Change.objects.get(pk=run.change_id)
    assert change.state == Change.State.FAILED
    assert run.director.name in change.state_note
    act = AuditRecord.objects.get(action="run.lost")
    assert act.actor_name == "system"


def test_a_lost_run_says_that_its_director_refused_the_order(run):
    message = streams.refused(str(run.director.uuid), 1.0, what="order", reason="it has expired")
    store_refused(director=run.director, message=message)
    lost(run)
    assert f"{run.director.name} refused the order: it has expired" in run.error
    assert "did not take" not in run.error


LATER = [
    pytest.param(
        {"session": "one", "number": 2, "at": 1.0}, id="by its number, whatever its clock does"
    ),
    pytest.param({"session": "two", "number": 1, "at": 3.0}, id="in another life, by its time"),
]
RECORDED = [
    pytest.param({"session": "one", "number": 1, "at": 9.0}, id="the same number"),
    pytest.param({"session": "before", "number": 9, "at": 2.0}, id="another life, no later"),
]


def said_again(run, message):
    """It was heard of long ago; now this comes. How many runs are lost then."""
    first = {"session": "one", "number": 1, "at": 2.0}
    store_run_started(director=run.director, message=run_started(run) | first)
    Run.objects.filter(pk=run.pk).update(heard_at=ago(90))
    past_its_deadline(run)
    store_run_started(director=run.director, message=run_started(run) | message)
    return reap_runs()


@pytest.mark.parametrize("message", LATER)
def test_a_report_that_was_said_later_keeps_its_run_alive(run, message):
    assert said_again(run, message) == 0


@pytest.mark.parametrize("message", RECORDED)
def test_a_recorded_report_keeps_no_run_alive(run, message):
    assert said_again(run, message) == 1


def test_a_run_whose_director_fell_silent_is_lost(run):
    running_and_silent(run, 90)
    assert reap_runs() == 1
    run.refresh_from_db()
    assert run.state == "lost"
    assert "No word from" in run.error


def test_a_run_that_is_still_heard_of_goes_on_past_its_deadline(run):
    running_and_silent(run, 5)
    assert reap_runs() == 0


@pytest.mark.parametrize(("since", "until"), [(3600, 30), (3, 0)])
def test_nothing_is_lost_while_no_relay_listens_long_enough(run, since, until):
    listened(since, until)
    past_its_deadline(run)
    assert reap_runs() == 0


def test_what_the_director_says_later_is_the_truth(run):
    lost(run)
    store_run_finished(director=run.director, message=run_finished(run))
    run.refresh_from_db()
    assert (run.state, run.error, run.done_steps) == ("verified", "", 2)
    act = AuditRecord.objects.get(action="run.verified")
    assert act.before["state"] == "lost"


def test_the_change_follows_the_truth(run):
    lost(run)
    store_run_finished(director=run.director, message=run_finished(run))
    change = Change.objects.get(pk=run.change_id)
    assert (change.state, change.state_note) == (Change.State.APPLIED, "")
    assert change.cluster.head == change.revision


def test_a_start_that_comes_late_does_not_reopen_a_lost_run(run):
    lost(run)
    store_run_started(director=run.director, message=run_started(run))
    run.refresh_from_db()
    assert (run.state, run.total_steps) == ("lost", 2)


def test_a_lost_run_is_superseded_by_a_newer_revision():
    listened(3600)
    made = world()
    old = started(made).runs.get()
    lost(old)
    new = started(made, "wrr").runs.get()
    store_run_finished(director=new.director, message=run_finished(new))
    old.refresh_from_db()
    assert old.state == "superseded"
    assert "revision 2" in old.error
    assert "superseded" in Change.objects.get(pk=old.change_id).state_note
    holds_what_was_approved(new.change)
    store_run_finished(director=old.director, message=run_finished(old))
    old.refresh_from_db()
    assert old.state == "superseded"


def test_one_that_can_not_be_ended_says_so_and_keeps_no_other(run, monkeypatch):
    other = started(world()).runs.get()
    past_its_deadline(run)
    past_its_deadline(other)
    really = reap.end_run

    def end_run(ended, *args, **kwargs):
        if ended.pk == run.pk:
            raise RuntimeError("broken on purpose")
        really(ended, *args, **kwargs)

    monkeypatch.setattr(reap, "end_run", end_run)
    assert reap_runs() == 1
    other.refresh_from_db()
    assert other.state == "lost"
    assert Outbox.objects.get(run=run).last_error.startswith("Not ended yet: The console met")


def test_an_order_that_does_not_leave_says_so(run):
    """Without Redis, or with one that is full, the worker does nothing at all: nobody notes a reason."""
    assert run.outbox.trouble == ""
    Run.objects.filter(pk=run.pk).update(queued_at=ago(9))
    run = Run.objects.get(pk=run.pk)
    assert "Not sent yet" in run.outbox.trouble
    Outbox.objects.filter(run=run).update(sent=1)
    assert Run.objects.get(pk=run.pk).outbox.trouble == ""
