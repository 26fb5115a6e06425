"""What directors report of their runs: twice, late, in another order, or falsely."""

import pytest

from apps.audit.models import AuditRecord
from apps.changes.models import Change
from apps.jobs.models import Outbox, Run
from apps.jobs.services import (
    store_refused,
    store_run_finished,
    store_run_started,
    store_run_steps,
)
from lvs.agent import streams
from tests.applying import (
    STEPS,
    holds_what_was_approved,
    run_finished,
    run_started,
    run_steps,
    started,
    world,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def change():
    return started(world())


@pytest.fixture
def run(change):
    return Run.objects.get(change=change)


def begin(run, **other):
    store_run_started(director=run.director, message=run_started(run, **other))


def go_on(run, *indexes, **how):
    store_run_steps(director=run.director, message=run_steps(run, *indexes, **how))


def finish(run, *args, **how):
    store_run_finished(director=run.director, message=run_finished(run, *args, **how))


def states(run):
    return list(run.steps.values_list("state", flat=True))


def test_a_run_goes_from_queued_over_running_to_verified(run, change):
    begin(run)
    run.refresh_from_db()
    assert (run.state, run.done_steps, run.total_steps) == ("running", 0, 2)
    go_on(run, 0)
    run.refresh_from_db()
    assert (run.state, run.done_steps, run.total_steps) == ("running", 1, 2)
    assert states(run) == ["done", "waiting"]
    finish(run)
    run.refresh_from_db()
    assert (run.state, run.done_steps, run.total_steps) == ("verified", 2, 2)
    assert [step.text for step in run.steps.all()] == [step["text"] for step in STEPS]
    assert not Outbox.objects.filter(run=run).exists()


def test_the_end_of_the_last_run_applies_the_change_and_moves_the_head(run, change):
    finish(run)
    change.refresh_from_db()
    change.cluster.refresh_from_db()
    assert change.state == Change.State.APPLIED
    assert change.ended_at is not None
    assert change.cluster.head == change.revision
    assert change.revision.applied_at is not None


def test_a_change_goes_on_until_every_director_has_ended():
    change = started(world(directors=2))
    first, second = change.runs.all()
    finish(first)
    change.refresh_from_db()
    assert change.state == Change.State.APPLYING
    finish(second)
    change.refresh_from_db()
    assert change.state == Change.State.APPLIED


def test_one_director_of_two_makes_the_change_partly_applied():
    change = started(world(directors=2))
    first, second = change.runs.all()
    finish(first)
    finish(second, "failed", steps=[], error="no such scheduler")
    change.refresh_from_db()
    change.cluster.refresh_from_db()
    assert change.state == Change.State.PARTIAL
    assert "1 of 2" in change.state_note
    assert second.director.name in change.state_note
    assert change.cluster.head is None


def test_a_failure_everywhere_fails_the_change(run, change):
    finish(run, "failed", steps=[], error="no such scheduler")
    change.refresh_from_db()
    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", "no such scheduler")
    assert change.state == Change.State.FAILED


def test_a_step_that_failed_keeps_its_own_error(run):
    begin(run)
    go_on(run, 1, state="failed", error="no memory")
    step = run.steps.get(index=1)
    assert (step.state, step.error) == ("failed", "no memory")


def test_steps_may_come_before_their_plan(run):
    go_on(run, 0)
    begin(run)
    run.refresh_from_db()
    assert states(run) == ["done", "waiting"]
    assert (run.state, run.done_steps, run.total_steps) == ("running", 1, 2)
    assert run.steps.get(index=0).text == STEPS[0]["text"]


def test_a_plan_that_comes_twice_keeps_what_is_done(run):
    begin(run)
    go_on(run, 0)
    begin(run)
    assert states(run) == ["done", "waiting"]


def test_a_director_that_begins_anew_has_a_new_plan(run):
    begin(run)
    go_on(run, 0)
    begin(run, steps=STEPS[1:])
    assert states(run) == ["waiting"]
    assert run.steps.get().text == STEPS[1]["text"]


def test_an_end_that_comes_twice_is_stored_once(run):
    finish(run)
    finish(run)
    assert AuditRecord.objects.filter(action="run.verified").count() == 1
    assert run.steps.count() == 2


def test_an_ended_run_stays_as_it_ended(run):
    finish(run)
    begin(run, steps=[])
    go_on(run, 0, state="failed", error="late")
    finish(run, "failed", error="late")
    run.refresh_from_db()
    assert (run.state, run.error, run.total_steps) == ("verified", "", 2)


def test_what_was_verified_before_keeps_its_steps(run):
    begin(run)
    go_on(run, 0)
    finish(run, steps=[], already=True)
    run.refresh_from_db()
    assert states(run) == ["done", "done"]
    assert (run.state, run.done_steps) == ("verified", 2)


def test_start_and_end_are_in_the_audit_log_by_the_directors_name(run):
    begin(run)
    finish(run)
    acts = AuditRecord.objects.filter(change_number=run.change_id, object_type__icontains="run")
    acts = acts.exclude(action="run.queued").order_by("id")
    assert [act.action for act in acts] == ["run.started", "run.verified"]
    assert {act.actor_name for act in acts} == {run.director.name}
    assert acts[1].before["state"] == "running"
    assert acts[1].after["steps"] == "2 of 2"


def test_another_directors_word_is_refused_and_recorded(run):
    other = world().directors[0]
    store_run_finished(director=other, message=run_finished(run))
    run.refresh_from_db()
    assert run.state == "queued"
    act = AuditRecord.objects.get(action="run.report_refused")
    assert act.actor_name == other.name
    assert run.director.name in act.reason


def test_who_repeats_it_does_not_fill_the_audit_log(run):
    for number in range(5):
        finish(run, revision=7 + number)
    assert AuditRecord.objects.filter(action="run.report_refused").count() == 1


def test_a_word_about_another_revision_is_refused_and_recorded(run):
    finish(run, revision=7)
    run.refresh_from_db()
    assert run.state == "queued"
    assert AuditRecord.objects.filter(action="run.report_refused").exists()


@pytest.mark.parametrize("number", [0, -1, 987654, 2**70])
def test_an_unknown_run_is_logged_and_changes_nothing(run, caplog, number):
    store_run_finished(director=run.director, message=run_finished(run) | {"run": number})
    assert "unknown here" in caplog.text
    run.refresh_from_db()
    assert run.state == "queued"


def refuse(run, reason="the signature does not fit"):
    message = streams.refused(str(run.director.uuid), 1.0, what="order", reason=reason)
    store_refused(director=run.director, message=message)


def test_a_refused_order_is_noted_once_however_often_it_is_sent(run):
    for _ in range(3):
        refuse(run)
        Outbox.objects.filter(run=run).update(last_error="")  # it was sent again
    assert "the signature does not fit" in Outbox.objects.get(run=run).refusal
    assert AuditRecord.objects.filter(action="run.order_refused").count() == 1
    run.refresh_from_db()
    assert run.state == "queued"


def test_a_refusal_is_forgotten_when_the_order_is_taken_after_all(run):
    refuse(run)
    store_run_started(director=run.director, message=run_started(run))
    assert Outbox.objects.get(run=run).refusal == ""


def test_a_run_that_goes_on_does_not_show_what_was_said_to_another_order(run):
    store_run_started(director=run.director, message=run_started(run))
    refuse(run)
    assert Outbox.objects.get(run=run).refusal == ""


def test_another_table_than_the_approved_one_is_not_verified(run):
    finish(run, digest="0" * 64)
    run.refresh_from_db()
    assert run.state == "queued"
    act = AuditRecord.objects.get(action="run.report_refused")
    assert "another table verified than the approved one" in act.reason


def test_the_next_change_gets_the_next_revision():
    made = world()
    first = started(made)
    finish(first.runs.get())
    holds_what_was_approved(first)
    second = started(made, "wrr")
    assert second.revision.number == 2
    finish(second.runs.get())
    made.cluster.refresh_from_db()
    assert made.cluster.head == second.revision


def test_long_texts_are_cut_to_what_the_database_holds(run):
    long = {"text": "t" * 400, "command": "c" * 700, "state": "failed", "error": "e" * 400}
    finish(run, "partial", steps=[long], error="e" * 5000)
    step = run.steps.get()
    assert (len(step.text), len(step.command), len(step.error)) == (300, 500, 300)
