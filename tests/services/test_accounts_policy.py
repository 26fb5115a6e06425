"""Who may do what. Whatever is not granted is refused."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from apps.accounts.models import User
from apps.accounts.policy import PERMISSIONS, ROLES, can, require
from tests.factories import make_draft, make_user

pytestmark = pytest.mark.django_db

LOOK = {"view", "audit.view"}
ASK = {"director.ask"}
WRITE = {"cluster.edit", "change.edit", "change.submit", "director.zero"} | ASK
MAY = {
    "viewer": LOOK,
    "operator": LOOK | WRITE,
    "approver": LOOK | ASK | {"change.review"},
    "admin": LOOK | WRITE | {"change.review", "director.manage", "people.manage"},
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("act", PERMISSIONS)
def test_each_role_may_exactly_its_acts(role, act):
    assert can(make_user(role), act) is (act in MAY[role])


@pytest.mark.parametrize("act", PERMISSIONS)
def test_without_a_role_nothing_is_allowed(act):
    assert not can(User.objects.create(username="stranger"), act)
    assert not can(AnonymousUser(), act)


@pytest.mark.parametrize("act", PERMISSIONS)
def test_a_switched_off_administrator_may_nothing(act):
    admin = make_user("admin")
    admin.is_active = False
    assert not can(admin, act)


def test_an_act_that_nobody_knows_is_no_right(admin):
    with pytest.raises(KeyError):
        can(admin, "change.everything")


def test_a_refusal_names_the_act_and_the_role(viewer):
    with pytest.raises(PermissionDenied, match=r"You may not submit changes: .* role operator\."):
        require(viewer, "change.submit")


def test_an_administrator_does_not_review_their_own_change(admin, cluster):
    change = make_draft(admin, cluster)
    assert not can(admin, "change.review", change)
    with pytest.raises(PermissionDenied, match="You wrote this change"):
        require(admin, "change.review", change)


def test_not_even_a_superuser_reviews_their_own_change(cluster):
    root = User.objects.create_superuser("root", password="x")
    assert not can(root, "change.review", make_draft(root, cluster))


@pytest.mark.parametrize("act", ["change.edit", "change.submit"])
def test_only_its_author_edits_and_submits_a_change(act, operator, admin, cluster):
    change = make_draft(operator, cluster)
    assert can(operator, act, change)
    assert not can(admin, act, change)
    with pytest.raises(PermissionDenied, match="Only Olga Berg"):
        require(admin, act, change)


def test_who_is_no_operator_is_told_so_about_a_draft_too(viewer, operator, cluster):
    with pytest.raises(PermissionDenied, match="role operator"):
        require(viewer, "change.edit", make_draft(operator, cluster))
