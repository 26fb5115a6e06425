"""The story's changes, as the services see them."""

import pytest

from apps.changes.models import Change
from lvs.plan import plan_from_document
from tests.factories import WEB1, WEB2, make_applied, make_service, make_submitted

pytestmark = pytest.mark.django_db


def kinds(change):
    return [step.kind for step in plan_from_document(change.plans.get().steps)]


def test_the_first_change_adds_a_service_and_two_servers(operator, cluster):
    change = make_submitted(operator, cluster, make_service())
    assert kinds(change) == ["add service", "add server", "add server"]


def test_other_weights_and_scheduler_are_edits_only(operator, approver, cluster):
    first = make_applied(make_submitted(operator, cluster, make_service()), approver)
    assert first.state == Change.State.APPLIED
    weighted = make_service(
        scheduler="wrr", servers=(WEB1._replace(weight=20), WEB2._replace(weight=10))
    )
    change = make_submitted(operator, cluster, weighted)
    assert kinds(change) == ["edit server", "edit server", "edit service"]


def test_the_applied_change_is_the_head(operator, approver, cluster):
    change = make_applied(make_submitted(operator, cluster), approver)
    cluster.refresh_from_db()
    assert cluster.head == change.revision
    assert cluster.head.digest == change.digest
    assert cluster.head.applied_at
