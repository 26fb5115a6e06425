"""Lost runs and the next heartbeat: nothing stays unknown for longer than its director is away."""

from datetime import timedelta
from itertools import count

import pytest
from django.conf import settings
from django.utils import timezone

from apps.audit.models import AuditRecord
from apps.changes.models import Change
from apps.inventory.services import create_cluster, edit_cluster
from apps.jobs.models import Outbox, Run
from apps.jobs.services import (
    reap_runs,
    store_heartbeat,
    store_run_finished,
    store_run_started,
    store_run_steps,
)
from apps.telemetry.models import RelayStatus
from lvs.agent import streams
from tests.applying import (
    holds_what_was_approved,
    person,
    run_finished,
    run_started,
    run_steps,
    started,
    verified,
    world,
)
from tests.factories import make_director

pytestmark = pytest.mark.django_db
_numbers = count(1)


@pytest.fixture
def made():
    now = timezone.now()
    RelayStatus.objects.create(name="r", last_read=now, listening_since=now - timedelta(hours=1))
    return world()


@pytest.fixture
def run(made):
    """A run that nobody answered until it was called lost."""
    return lost(started(made))


def lost(change):
    long_ago = timezone.now() - timedelta(seconds=settings.RUN_DEADLINE + 300)
    Run.objects.filter(change=change).update(queued_at=long_ago)
    Outbox.objects.filter(run__change=change).update(deadline=timezone.now() - timedelta(1))
    assert reap_runs() == 1
    return change.runs.get()


def beat(run, last=None, at=None):
    now = timezone.now()
    message = streams.heartbeat(
        str(run.director.uuid),
        now.timestamp() if at is None else at,
        facts={},
        revision=0,
        owned_digest="",
        problem="",
        last_run=last or {},
    )
    message |= {"session": "a life", "number": next(_numbers)}
    store_heartbeat(director=run.director, message=message, seen_at=now)
    run.refresh_from_db()
    return run


def last_run(run, state, **other):
    told = streams.last_run(
        run=run.pk, revision=run.change.revision.number, state=state, digest=run.change.digest
    )
    return told | other


def change_of(run):
    return Change.objects.get(pk=run.change_id)


def test_a_verified_end_that_was_lost_on_its_way_is_told_again(run):
    holds_what_was_approved(run.change)
    beat(run, last_run(run, "verified"))
    assert (run.state, run.inferred) == ("verified", True)
    assert change_of(run).state == Change.State.APPLIED
    assert AuditRecord.objects.filter(action="run.verified", object_id=str(run.pk)).count() == 1


@pytest.mark.parametrize("state", ["failed", "partial"])
def test_an_end_with_an_error_is_told_with_it(run, state):
    beat(run, last_run(run, state, error="ENOSPC"))
    assert (run.state, run.error) == (state, "ENOSPC")


def test_a_run_in_whose_middle_the_agent_ended_is_partly_applied(run):
    beat(run, last_run(run, "interrupted"))
    assert run.state == "partial"
    assert "in the middle of the run" in run.error


def test_a_run_that_is_under_way_still_stays_lost_until_it_ends(run):
    assert beat(run, last_run(run, "running")).state == "lost"


def test_another_table_is_not_called_verified(run):
    assert beat(run, last_run(run, "verified", digest="0" * 64)).state == "lost"


def test_another_revision_is_not_this_run(run):
    assert beat(run, last_run(run, "verified", revision=99)).state == "lost"


def test_an_order_that_can_not_be_taken_any_more_was_never_begun(run):
    beat(run)
    assert run.state == "failed"
    assert "never began it" in run.error
    assert change_of(run).state == Change.State.FAILED


def test_while_the_directors_own_clock_would_take_it_nothing_is_said(run):
    assert beat(run, at=run.queued_at.timestamp() + 60).state == "lost"


def test_what_was_concluded_is_corrected_by_the_directors_own_report(run):
    beat(run)
    holds_what_was_approved(run.change)
    store_run_finished(director=run.director, message=run_finished(run))
    run.refresh_from_db()
    assert (run.state, run.inferred) == ("verified", False)
    assert change_of(run).state == Change.State.APPLIED


def test_what_a_director_reported_is_not_corrected(made):
    change = verified(started(made))
    run = change.runs.get()
    beat(run, last_run(run, "failed"))
    store_run_finished(director=run.director, message=run_finished(run, "failed"))
    run.refresh_from_db()
    assert run.state == "verified"


def test_a_newer_revision_supersedes_what_was_lost(made, run):
    newer = started(made, scheduler="wrr").runs.get()
    beat(run, last_run(newer, "failed"))
    assert run.state == "superseded"


def test_another_directors_word_settles_nothing(run):
    other = world().directors[0]
    message = streams.heartbeat(
        str(other.uuid),
        0,
        facts={},
        revision=0,
        owned_digest="",
        problem="",
        last_run=last_run(run, "verified"),
    ) | {"session": "x", "number": 1}
    store_heartbeat(director=other, message=message, seen_at=timezone.now())
    run.refresh_from_db()
    assert run.state == "lost"


def test_a_lost_run_that_was_heard_of_is_never_said_to_have_changed_nothing(run):
    """The reaper was quicker than its first report. Then another host was enrolled in its place."""
    store_run_started(director=run.director, message=run_started(run))
    store_run_steps(director=run.director, message=run_steps(run, 0))
    beat(run)  # the new host knows nothing of it
    assert run.state == "partial"


def test_a_run_that_a_heartbeat_called_under_way_is_never_said_to_have_changed_nothing(run):
    beat(run, last_run(run, "running"))
    assert run.state == "lost"
    beat(run)  # another host
    assert run.state == "partial"


@pytest.mark.parametrize("first", ["failed", "interrupted"])
def test_what_a_heartbeat_concluded_a_later_one_corrects(run, first):
    """A copy of its order was still on the way, and its end got lost once more."""
    beat(run, last_run(run, first))
    holds_what_was_approved(run.change)
    beat(run, last_run(run, "verified"))
    assert (run.state, change_of(run).state) == ("verified", Change.State.APPLIED)


def test_the_same_word_again_and_again_is_one_record(run):
    for _ in range(3):
        beat(run, last_run(run, "interrupted"))
    assert AuditRecord.objects.filter(action="run.partial").count() == 1


def test_a_lost_run_is_settled_though_its_director_serves_another_cluster_now(made, run):
    edit_cluster(actor=None, cluster=made.cluster, name=made.cluster.name, directors=[])
    run.director.refresh_from_db()
    made.cluster = create_cluster(actor=person("admin"), name="other", directors=[run.director])
    newer = started(made).runs.get()
    beat(run, last_run(newer, "verified"))
    assert run.state == "superseded"
    assert "another cluster" in run.error


def test_a_truth_that_came_late_makes_no_head_that_a_director_of_now_does_not_hold(made, run):
    """Lost on one; another takes its place in the cluster; then the report of the first comes."""
    new = make_director("lb-new")
    edit_cluster(actor=None, cluster=made.cluster, name=made.cluster.name, directors=[new])
    store_run_finished(director=run.director, message=run_finished(run))
    made.cluster.refresh_from_db()
    assert (change_of(run).state, made.cluster.head) == (Change.State.PARTIAL, None)
    assert "lb-new joined the cluster since" in change_of(run).state_note


def test_who_joins_after_it_was_applied_does_not_undo_it(made, run):
    holds_what_was_approved(run.change)
    beat(run, last_run(run, "verified"))
    both = [run.director, make_director()]
    edit_cluster(actor=None, cluster=made.cluster, name=made.cluster.name, directors=both)
    store_run_finished(director=run.director, message=run_finished(run))
    assert change_of(run).state == Change.State.APPLIED
