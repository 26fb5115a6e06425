"""Accounts, clusters and directors that several people change in the same moment."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.accounts import services as accounts
from apps.accounts.errors import AccountError
from apps.accounts.models import RoleGrant, User
from apps.inventory.errors import InventoryError
from apps.inventory.models import Cluster
from apps.inventory.services import create_cluster, edit_cluster
from tests.factories import PASSWORD, make_cluster, make_director, make_user
from tests.services.parallel import at_once, refusals

pytestmark = pytest.mark.django_db(transaction=True)

ADMINS = RoleGrant.objects.filter(role="admin")


def admins():
    return User.objects.filter(grants__role="admin", is_active=True)


def test_two_administrators_can_not_remove_each_other():
    first, second = make_user("admin"), make_user("admin")
    outcomes = at_once(
        ADMINS,
        lambda: accounts.revoke_role(actor=first, grant=second.grants.get()),
        lambda: accounts.set_active(actor=second, user=first, active=False),
    )
    (refused,) = refusals(outcomes)
    # Who comes second is the last one, or is found to be no administrator any more.
    assert isinstance(refused, (AccountError, PermissionDenied))
    assert admins().count() == 1


def test_two_administrators_set_each_others_password():
    first, second = make_user("admin"), make_user("admin")
    outcomes = at_once(
        User.objects.order_by("pk"),
        lambda: accounts.set_password(actor=first, user=second, password="another-long-one"),
        lambda: accounts.set_password(actor=second, user=first, password="another-long-one"),
    )
    assert refusals(outcomes) == []


def test_a_name_is_given_once(admin):
    def making():
        return accounts.create_user(actor=admin, username="nina", password=PASSWORD, role="viewer")

    (refused,) = refusals(at_once(ADMINS, making, making))
    assert isinstance(refused, AccountError)
    assert "There is a user “nina” already" in str(refused)
    assert User.objects.filter(username="nina").count() == 1


def test_a_director_goes_to_one_of_two_clusters(operator):
    director, other = make_director(), make_cluster()
    outcomes = at_once(
        Cluster.objects.all(),
        lambda: create_cluster(actor=operator, name="shop", directors=[director]),
        lambda: edit_cluster(
            actor=operator, cluster=other, name="site", directors=[*other.directors.all(), director]
        ),
    )
    (refused,) = refusals(outcomes)
    assert isinstance(refused, InventoryError)
    assert f"{director} belongs to cluster" in str(refused)
    director.refresh_from_db()
    assert director.cluster.name in ("shop", "site")


def test_two_clusters_of_one_name(operator):
    make_director()
    behind = User.objects.filter(pk=operator.pk)
    outcomes = at_once(
        behind,
        lambda: create_cluster(actor=operator, name="shop"),
        lambda: create_cluster(actor=operator, name="shop"),
    )
    (refused,) = refusals(outcomes)
    assert isinstance(refused, InventoryError)
    assert refused.field == "name"
