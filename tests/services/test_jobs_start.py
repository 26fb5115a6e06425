"""From an approval to its runs."""

import time

import pytest
from django.db import transaction

from apps.audit.models import AuditRecord
from apps.changes.models import Change
from apps.jobs.models import Outbox, Run
from apps.jobs.services import approve_and_start
from apps.telemetry.models import DirectorStatus
from lvs.agent import streams
from tests.applying import started, submitted, world

pytestmark = pytest.mark.django_db


def test_an_approval_makes_a_run_for_each_director():
    made = world(directors=2)
    change = started(made)
    assert change.state == Change.State.APPLYING
    assert change.revision.number == 1
    assert change.revision.digest == change.digest
    runs = list(Run.objects.filter(change=change))
    assert {run.director for run in runs} == set(made.directors)
    assert [run.state for run in runs] == [Run.State.QUEUED, Run.State.WAITING]
    assert Outbox.objects.get().run == runs[0]


def test_a_queued_run_stands_in_the_audit_log():
    change = started(world(directors=2))
    records = AuditRecord.objects.filter(action="run.queued", change_number=change.pk)
    assert [record.object_id for record in records] == [str(change.runs.first().pk)]


def test_the_head_moves_only_when_it_is_applied():
    change = started(world())
    change.cluster.refresh_from_db()
    assert change.cluster.head is None


def test_what_fails_on_the_way_leaves_nothing_behind(monkeypatch):
    made = world()
    change = submitted(made)
    monkeypatch.setattr(Outbox.objects, "create", _fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        approve_and_start(actor=made.approver, change=change, digest=change.digest, comment="")
    change.refresh_from_db()
    assert change.state == Change.State.IN_REVIEW
    assert not change.reviews.exists()
    assert not Run.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_with_redis_down_an_approval_takes_well_under_a_second(redis_server):
    made = world()
    change = submitted(made)
    redis_server.stop()
    begin = time.monotonic()
    approve_and_start(actor=made.approver, change=change, digest=change.digest, comment="")
    assert time.monotonic() - begin < 0.7
    assert Run.objects.get(change=change).state == Run.State.QUEUED


@pytest.mark.django_db(transaction=True)
def test_with_redis_frozen_an_approval_takes_well_under_a_second(redis_server, redis_url):
    made = world()
    change = submitted(made)
    redis_server.pause()
    begin = time.monotonic()
    approve_and_start(actor=made.approver, change=change, digest=change.digest, comment="")
    took = time.monotonic() - begin
    redis_server.resume()
    assert took < 0.7


def _fail(**_fields):
    raise RuntimeError("no more room")


def tells(director, run, revision):
    """The director's newest order, as its heartbeat names it."""
    last = streams.last_run(run=run, revision=revision, state="verified")
    DirectorStatus.objects.filter(director=director).update(last_run=last)


def test_after_an_old_copy_was_restored_directors_are_not_told_what_they_hold_already():
    """They refuse a revision that is not above what they carried out, and the copy knows nothing of that."""
    made = world()
    tells(made.directors[0], run=57, revision=7)
    assert started(made).revision.number == 8


def test_a_run_that_we_know_of_leaves_no_number_out():
    made, run = world(), started(world()).runs.get()
    Run.objects.filter(pk=run.pk).update(
        director=made.directors[0]
    )  # it was in that cluster before
    tells(made.directors[0], run=run.pk, revision=1)
    assert started(made).revision.number == 1


@pytest.mark.parametrize("revision", [10_001, 2**31, 2**63])
def test_a_director_that_names_what_can_not_be_moves_no_number(revision):
    made = world()
    tells(made.directors[0], run=2**63, revision=revision)
    assert started(made).revision.number == 1
