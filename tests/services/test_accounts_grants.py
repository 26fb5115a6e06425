"""Giving and taking roles, everywhere or in one cluster."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from apps.accounts.errors import AccountError
from apps.accounts.models import RoleGrant, User
from apps.accounts.policy import can
from apps.accounts.selectors import grant as grant_numbered
from apps.accounts.selectors import holders, roles_of
from apps.accounts.services import grant_role, revoke_role, set_active
from apps.inventory.models import Cluster
from tests.factories import make_cluster, make_user
from tests.services.records import count, said

pytestmark = pytest.mark.django_db


def now(user):
    """The person as another request finds them."""
    return User.objects.get(pk=user.pk)


def test_a_role_in_a_cluster_is_given_and_recorded(admin, viewer, cluster):
    grant_role(actor=admin, user=viewer, role="operator", cluster_id=cluster.pk)
    assert roles_of(now(viewer)) == ["viewer everywhere", "operator in web"]
    assert can(now(viewer), "change.edit", cluster)
    after = {"role": "operator in web"}
    assert said("user.role_given") == ("anna", "user vera", None, after, "", None)


def test_the_object_at_hand_knows_its_new_role(admin, viewer, cluster):
    assert not can(viewer, "change.edit", cluster)
    grant = grant_role(actor=admin, user=viewer, role="operator")
    assert can(viewer, "change.edit", cluster)
    revoke_role(actor=admin, grant=grant)
    assert not can(grant.user, "change.edit", cluster)


def test_a_role_is_taken_and_recorded(admin, viewer):
    revoke_role(actor=admin, grant=viewer.grants.get())
    assert not can(now(viewer), "view")
    before = {"role": "viewer everywhere"}
    assert said("user.role_taken") == ("anna", "user vera", before, None, "", None)


def test_the_same_role_again_is_no_act(admin, viewer):
    before = count()
    assert grant_role(actor=admin, user=viewer, role="viewer") == viewer.grants.get()
    assert count() == before


def test_a_role_that_is_gone_is_taken_without_a_word(admin, viewer):
    grant = viewer.grants.get()
    revoke_role(actor=admin, grant=grant)
    grant.pk, before = 10**6, count()
    revoke_role(actor=admin, grant=grant)
    assert count() == before


def test_a_role_that_there_is_not_is_refused(admin, viewer):
    with pytest.raises(AccountError, match="“king” is no role") as refused:
        grant_role(actor=admin, user=viewer, role="king")
    assert refused.value.field == "role"


@pytest.mark.parametrize("role", ["operator", "admin"])
def test_who_manages_people_in_one_cluster_gives_roles_there_only(role, viewer, cluster):
    chief = User.objects.create(username="chief")
    grant_role(actor=None, user=chief, role="admin", cluster_id=cluster.pk)
    grant_role(actor=chief, user=viewer, role=role, cluster_id=cluster.pk)
    for elsewhere in (None, make_cluster("other").pk):
        with pytest.raises(PermissionDenied, match="manage people"):
            grant_role(actor=chief, user=viewer, role=role, cluster_id=elsewhere)
    with pytest.raises(RoleGrant.DoesNotExist):
        grant_numbered(chief, viewer.grants.get(cluster=None).pk)
    with pytest.raises(PermissionDenied, match="manage people"):
        revoke_role(actor=chief, grant=viewer.grants.get(cluster=None))


def test_the_last_administrator_keeps_the_role(admin):
    with pytest.raises(AccountError, match="anna is the last administrator"):
        revoke_role(actor=admin, grant=admin.grants.get())
    assert can(now(admin), "people.manage")


def test_an_administrator_of_one_cluster_is_none_of_the_console(admin):
    cluster = Cluster.objects.create(name="web")
    grant_role(actor=admin, user=make_user("viewer"), role="admin", cluster_id=cluster.pk)
    with pytest.raises(AccountError, match="last administrator"):
        revoke_role(actor=admin, grant=admin.grants.get())


def test_an_administrator_who_is_switched_off_does_not_count(admin):
    other = make_user("admin")
    set_active(actor=admin, user=other, active=False)
    with pytest.raises(AccountError, match="last administrator"):
        revoke_role(actor=admin, grant=admin.grants.get())


def test_one_of_two_administrators_may_step_down(admin):
    make_user("admin")
    revoke_role(actor=admin, grant=admin.grants.get())
    assert roles_of(now(admin)) == []


def test_who_holds_a_role_for_a_cluster(admin, approver, cluster):
    here, gone = make_user("viewer"), make_user("approver")
    grant_role(actor=admin, user=here, role="approver", cluster_id=cluster.pk)
    grant_role(actor=admin, user=here, role="approver")
    set_active(actor=admin, user=gone, active=False)
    assert list(holders("approver", cluster.pk)) == [approver, here]
    assert list(holders("approver", make_cluster("other").pk)) == [approver, here]


def test_the_database_knows_the_roles_and_holds_each_once(viewer):
    grant = viewer.grants.get()
    for wrong in ({"role": "king"}, {"role": "viewer"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleGrant.objects.create(user=viewer, source=grant.source, **wrong)
    connection.check_constraints()
