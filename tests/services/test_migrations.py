"""Migrations that rewrite what was stored, on rows as the version before left them."""

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.accounts.models import User
from apps.changes.approval import approvals_of
from apps.changes.models import DirectorPlan, ProposedEndpoint
from apps.inventory.models import ClaimedEndpoint
from lvs.documents import scope_to_document
from lvs.model import Scope, ServiceKey, VirtualService
from tests.factories import (
    make_applied,
    make_cluster,
    make_draft,
    make_service,
    make_submitted,
    make_user,
)

pytestmark = pytest.mark.django_db(transaction=True)

CLAIM = ("protocol", "address", "port")
KEYS = [
    {"protocol": "tcp", "address": "192.0.2.1", "port": 80},
    {"fwmark": 3, "family": "inet6"},
]
SERVICES = frozenset(
    {ServiceKey("inet", "tcp", "192.0.2.1", 80, 0), ServiceKey("inet6", "", "", 0, 3)}
)


@pytest.fixture
def migrate():
    """Move the database to a migration; the models as they were then. It ends at the newest."""

    def move(app, name):
        executor = MigrationExecutor(connection)
        executor.migrate([(app, name)])
        return executor.loader.project_state([(app, name)]).apps

    yield move
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_owned_services_become_a_scope_and_back(migrate):
    make_cluster("web")
    old = migrate("telemetry", "0001_initial").get_model("telemetry", "DirectorStatus")
    old.objects.update(owned_keys=KEYS)
    new = migrate("telemetry", "0002_owned_scope").get_model("telemetry", "DirectorStatus")
    (status,) = new.objects.all()
    assert status.owned == scope_to_document(Scope(SERVICES)) | {"services": KEYS}
    old = migrate("telemetry", "0001_initial").get_model("telemetry", "DirectorStatus")
    assert [status.owned_keys for status in old.objects.all()] == [KEYS]


def test_conflicts_become_names(migrate):
    make_submitted(make_user("operator"), make_cluster("web"), make_service(80))
    old = migrate("changes", "0001_initial").get_model("changes", "DirectorPlan")
    old.objects.update(conflicts=KEYS)
    migrate("changes", "0002_conflicts_by_name")
    (plan,) = DirectorPlan.objects.only("conflicts")  # columns of later are not there
    assert plan.conflicts == ["tcp 192.0.2.1:80", "fwmark 3 ipv6"]


def test_groups_become_roles_held_everywhere(migrate):
    make_user("approver", "adil")
    then = migrate("accounts", "0003_errands")
    users, groups = then.get_model("accounts", "User"), then.get_model("auth", "Group")
    for name, role in (("adil", "approver"), ("vera", "viewer")):
        user, _ = users.objects.get_or_create(username=name)
        user.groups.add(groups.objects.get_or_create(name=role)[0])
    migrate("accounts", "0004_roles_with_a_scope")
    held = {
        user.username: set(user.grants.values_list("role", "cluster_id"))
        for user in User.objects.all()
    }
    assert held == {"adil": {("approver", None)}, "vera": {("viewer", None), ("auditor", None)}}
    assert not Group.objects.exists()


def test_an_approval_of_what_a_change_holds_still_counts(migrate):
    """Edits raised its version more often than verdicts were given."""
    operator, approver = make_user("operator"), make_user("approver")
    change = make_applied(make_submitted(operator, make_cluster("web")), approver)
    then = migrate("changes", "0002_conflicts_by_name")
    then.get_model("changes", "Change").objects.update(version=7)
    migrate("changes", "0003_policies_and_approvals")
    migrate("changes", "0006_drift")
    change.refresh_from_db()
    assert [review.version for review in change.reviews.all()] == [7]
    assert len(approvals_of(change).given) == 1


def test_what_was_typed_beside_a_wrong_password_is_forgotten_and_not_that_it_was_wrong(migrate):
    migrate("accounts", "0006_api_tokens")
    AccessAttempt.objects.create(
        username="vera",
        user_agent="any",
        ip_address="192.0.2.1",
        get_data="",
        post_data="password=***\npassword_again=my-new-password",
        failures_since_start=3,
    )
    migrate("accounts", "0007_forget_what_was_typed")
    kept = AccessAttempt.objects.values_list("username", "post_data", "failures_since_start")
    assert list(kept) == [("vera", "", 3)]


def test_claims_of_heads_and_open_changes_are_filled_in(migrate):
    people = make_user("operator"), make_user("approver")
    cluster = make_cluster("web")
    make_applied(make_submitted(people[0], cluster, make_service(80)), people[1])
    mark = VirtualService("inet", "", "", 0, 7)
    draft = make_draft(people[0], cluster, make_service(443), mark)
    migrate("changes", "0004_guards")
    migrate("inventory", "0001_initial")
    migrate("inventory", "0002_claimed_endpoints")
    migrate("changes", "0005_proposed_endpoints")
    claims = [row[1:] for row in ClaimedEndpoint.objects.values_list("pk", *CLAIM)]
    assert claims == [("tcp", "192.168.49.134", 80)]
    proposed = ProposedEndpoint.objects.order_by("port").values_list("change", "port")
    assert list(proposed) == [(draft.pk, 80), (draft.pk, 443)]
