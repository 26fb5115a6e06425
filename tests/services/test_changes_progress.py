"""From an approval to the end."""

import pytest

from apps.changes.errors import NotAllowed
from apps.changes.models import Change
from apps.changes.services import approve_change, end_change, mark_stale, start_change
from apps.inventory.models import Cluster
from apps.inventory.services import create_revision
from tests.factories import make_service, make_submitted
from tests.guards import force
from tests.services.records import count, newest, said

pytestmark = pytest.mark.django_db
S = Change.State


@pytest.fixture
def approved(operator, approver, cluster):
    change = make_submitted(operator, cluster)
    return approve_change(actor=approver, change=change, digest=change.digest)


@pytest.fixture
def applying(approved, approver):
    return start(approved, approver)


def start(change, approver):
    revision = create_revision(cluster=change.cluster, table=change.table, digest=change.digest)
    return start_change(actor=approver, change=change, revision=revision)


def test_it_starts_as_a_revision(approved, approver):
    change = start(approved, approver)
    assert (change.state, change.revision.number) == (S.APPLYING, 1)
    assert said("change.started") == (
        "adil",
        f"change #{change.pk} Balance the web",
        {"state": "approved"},
        {"state": "applying", "revision": 1},
        "Launch day",
        change.pk,
    )


def test_what_is_not_approved_does_not_start(operator, approver, cluster):
    with pytest.raises(NotAllowed, match="is in review: it can't be started"):
        start(make_submitted(operator, cluster), approver)


def test_what_all_directors_verified_is_applied_and_the_head(applying):
    assert end_change(change=applying, state=S.APPLIED)
    applying.refresh_from_db()
    assert applying.state == S.APPLIED
    assert applying.ended_at
    assert Cluster.objects.get(pk=applying.cluster_id).head == applying.revision
    assert said("change.applied") == (
        "system",
        f"change #{applying.pk} Balance the web",
        {"state": "applying"},
        {"state": "applied"},
        "Launch day",
        applying.pk,
    )
    assert newest("revision.applied").change_number == applying.pk


@pytest.mark.parametrize("state", [S.FAILED, S.PARTIAL])
def test_what_did_not_work_everywhere_is_no_head(state, applying):
    end_change(change=applying, state=state, note="0 of 1 directors verified it")
    applying.refresh_from_db()
    assert (applying.state, applying.state_note) == (state, "0 of 1 directors verified it")
    assert Cluster.objects.get(pk=applying.cluster_id).head is None
    after = {"state": state, "note": "0 of 1 directors verified it"}
    assert said(f"change.{state}")[2:4] == ({"state": "applying"}, after)


def test_the_truth_may_come_after_the_end(applying):
    end_change(change=applying, state=S.FAILED, note="lost: d1")
    assert end_change(change=applying, state=S.APPLIED)
    applying.refresh_from_db()
    assert (applying.state, applying.state_note) == (S.APPLIED, "")
    assert said("change.applied")[2] == {"state": "failed"}


def test_a_late_truth_does_not_bring_an_old_head_back(operator, approver, cluster, applying):
    end_change(change=applying, state=S.FAILED)
    second = make_submitted(operator, cluster, make_service(443))
    second = approve_change(actor=approver, change=second, digest=second.digest)
    second = start(second, approver)
    end_change(change=second, state=S.APPLIED)
    end_change(change=applying, state=S.APPLIED)
    assert Cluster.objects.get(pk=cluster.pk).head == second.revision


def test_the_same_end_again_is_no_news(applying):
    end_change(change=applying, state=S.APPLIED)
    before = count()
    assert not end_change(change=applying, state=S.APPLIED)
    assert count() == before


def test_what_does_not_run_can_not_end(operator, cluster):
    change = make_submitted(operator, cluster)
    with pytest.raises(NotAllowed, match="it can't become applied"):
        end_change(change=change, state=S.APPLIED)


@pytest.mark.parametrize("state", [S.DRAFT, S.APPLYING, S.APPLIED, S.WITHDRAWN])
def test_only_what_is_in_review_becomes_stale(state, operator, cluster):
    change = make_submitted(operator, cluster)
    force(change, state=state)
    with pytest.raises(NotAllowed, match="it can't become stale"):
        mark_stale(change=change, note="moved")
