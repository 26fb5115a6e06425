"""From an approval to its runs."""

import time

import pytest
from django.db import transaction

from apps.audit.models import AuditRecord
from apps.changes.models import Change
from apps.jobs.models import Outbox, Run
from apps.jobs.services import approve_and_start
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
