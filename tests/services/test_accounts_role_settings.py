"""Roles that ask for a second factor, and groups that give roles."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.accounts import services
from apps.accounts.errors import AccountError
from apps.accounts.models import GroupMapping, User
from apps.accounts.policy import can, can_somewhere, require, scope_of
from apps.changes.services import open_draft
from tests.factories import make_user
from tests.second_factors import give_app
from tests.services.records import count, said

pytestmark = pytest.mark.django_db


def anew(user):
    return User.objects.get(pk=user.pk)


def test_whoever_lacks_the_second_factor_of_a_role_may_do_nothing(operator, admin, cluster):
    assert can(operator, "view")
    services.ask_second_factor(actor=admin, role="operator", asked=True)
    olga = anew(operator)
    assert olga.lacks_second_factor
    assert not scope_of(olga, "view")
    assert not can_somewhere(olga, "change.edit")
    with pytest.raises(PermissionDenied, match="asks for a second factor"):
        require(olga, "view", cluster)
    with pytest.raises(PermissionDenied, match="asks for a second factor"):
        open_draft(actor=olga, cluster=cluster, title="A", reason="B")


def test_with_a_second_factor_they_may_again(operator, admin):
    services.ask_second_factor(actor=admin, role="operator", asked=True)
    olga = anew(operator)
    assert not can(olga, "view")
    give_app(olga)
    assert can(olga, "view")  # the same object: nothing stale is remembered
    assert can(anew(operator), "change.edit")


def test_it_counts_for_all_that_one_may_also_by_another_role(operator, admin):
    services.grant_role(actor=admin, user=operator, role="auditor")
    services.ask_second_factor(actor=admin, role="auditor", asked=True)
    assert not can(anew(operator), "change.edit")


def test_it_counts_for_a_role_in_one_cluster_too(viewer, admin, cluster):
    services.grant_role(actor=admin, user=viewer, role="operator", cluster_id=cluster.pk)
    services.ask_second_factor(actor=admin, role="operator", asked=True)
    assert not can(anew(viewer), "view")


def test_other_roles_are_not_touched(operator, viewer, admin):
    services.ask_second_factor(actor=admin, role="operator", asked=True)
    assert can(anew(viewer), "view")


def test_it_is_recorded_and_can_be_taken_back(operator, admin):
    services.ask_second_factor(actor=admin, role="operator", asked=True)
    asked = said("role.second_factor_asked")
    assert asked[:2] == ("anna", "rolesetting role operator")
    assert asked[2:4] == ({"second factor": False}, {"second factor": True})
    before = count()
    services.ask_second_factor(actor=admin, role="operator", asked=True)
    assert count() == before, "what is so already is no act"
    services.ask_second_factor(actor=admin, role="operator", asked=False)
    assert said("role.second_factor_not_asked")[0] == "anna"
    assert can(anew(operator), "view")


def test_nobody_locks_themselves_out(admin):
    with pytest.raises(AccountError, match="your own second factor first"):
        services.ask_second_factor(actor=admin, role="admin", asked=True)
    give_app(admin)
    services.ask_second_factor(actor=admin, role="admin", asked=True)
    assert can(anew(admin), "people.manage")


def test_roles_and_rights_cost_one_query(operator, admin, django_assert_num_queries):
    olga = anew(operator)
    with django_assert_num_queries(1):
        assert can(olga, "view") and can(olga, "change.edit") and not can(olga, "people.manage")


@pytest.mark.parametrize("role", ["viewer", "operator", "approver", "auditor", "emergency"])
def test_only_administrators_say_it(role):
    actor, before = make_user(role), count()
    for act in (
        lambda: services.ask_second_factor(actor=actor, role="admin", asked=True),
        lambda: services.add_mapping(actor=actor, group="ops", role="admin"),
    ):
        with pytest.raises(PermissionDenied, match="manage people"):
            act()
    assert count() == before


def test_a_role_that_there_is_not(admin):
    with pytest.raises(AccountError, match="no role"):
        services.ask_second_factor(actor=admin, role="emperor", asked=True)


def test_groups_are_mapped_and_unmapped(admin, cluster):
    mapping = services.add_mapping(
        actor=admin, group=" ops ", role="operator", cluster_id=cluster.pk
    )
    assert str(mapping) == "group ops is operator in web"
    assert said("group.mapped")[3] == {"group": "ops", "role": "operator", "where": "web"}
    services.remove_mapping(actor=admin, mapping=mapping)
    assert not GroupMapping.objects.exists()
    assert said("group.unmapped")[2] == {"group": "ops", "role": "operator", "where": "web"}


@pytest.mark.parametrize("place", [None, "web"])
def test_a_mapping_is_there_once(place, admin, cluster):
    where = cluster.pk if place else None
    services.add_mapping(actor=admin, group="ops", role="viewer", cluster_id=where)
    with pytest.raises(AccountError, match="already"):
        services.add_mapping(actor=admin, group="ops", role="viewer", cluster_id=where)


@pytest.mark.parametrize("group", ["", "  ", "g" * 201])
def test_a_group_has_a_name(group, admin):
    with pytest.raises(AccountError, match="Name a group"):
        services.add_mapping(actor=admin, group=group, role="viewer")
