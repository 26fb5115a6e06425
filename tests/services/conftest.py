"""One person of each role, a cluster with one director that holds nothing, and its first revisions."""

import pytest
from django.test import override_settings

from apps.changes import services
from apps.drains.services import watch_drains
from tests.applying import verified
from tests.factories import make_applied, make_cluster, make_service, make_submitted, make_user
from tests.services.draining import counted, drain, now, settle
from tests.services.timed import approve, timed


@pytest.fixture
def viewer(db):
    return make_user("viewer", "vera")


@pytest.fixture
def operator(db):
    return make_user("operator", "olga", "Olga Berg")


@pytest.fixture
def approver(db):
    return make_user("approver", "adil", "Adil Khan")


@pytest.fixture
def auditor(db):
    return make_user("auditor", "aura")


@pytest.fixture
def admin(db):
    return make_user("admin", "anna", "Anna Stern")


@pytest.fixture
def cluster(db):
    return make_cluster("web")


@pytest.fixture
def unconfirmed(operator, approver, cluster):
    """A second change is applied and waits to be confirmed; the first is revision 1."""
    make_applied(make_submitted(operator, cluster), approver)
    cluster.refresh_from_db()
    wanted = make_service(scheduler="wrr")
    change = verified(approve(approver, timed(operator, cluster, wanted, confirm_within=10)))
    assert change.state == "applied"
    return change


@pytest.fixture
def two_revisions(operator, approver, cluster):
    make_applied(make_submitted(operator, cluster), approver)
    make_applied(make_submitted(operator, cluster, make_service(scheduler="wrr")), approver)
    cluster.refresh_from_db()
    return cluster


@pytest.fixture
def balanced(admin, operator, approver, cluster):
    """The tutorial's service is applied; weights and drains need no approval."""
    services.set_policy(actor=admin, cluster=cluster, version=1, approvals=1, free_weights=True)
    make_applied(make_submitted(operator, cluster), approver)
    cluster.refresh_from_db()
    return cluster


@pytest.fixture
def draining(balanced, operator, monkeypatch):
    counted(monkeypatch, 3, 2, 1)
    made = drain(operator, balanced)
    settle(made)
    watch_drains()
    return now(made)


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "keys" / "signing.key"
    with override_settings(SIGNING_KEY_FILE=path):
        yield path
