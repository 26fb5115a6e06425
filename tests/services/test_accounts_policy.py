"""Who may do what. Whatever is not granted is refused."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from apps.accounts.models import Role, User
from apps.accounts.policy import (
    _WORDS,
    Scope,
    can,
    can_somewhere,
    require,
    require_somewhere,
    scope_of,
)
from apps.accounts.services import grant_role
from apps.changes.selectors import changes, waiting_for
from apps.inventory.selectors import clusters, directors, free_directors
from tests.factories import make_cluster, make_director, make_draft, make_submitted, make_user

pytestmark = pytest.mark.django_db

ACTS = tuple(_WORDS)
KNOW = {"view", "audit.view", "director.ask"}
DRIFT = {"drift.adopt", "drift.revert", "drift.ignore"}
WORK = KNOW | DRIFT | {"change.edit", "change.submit", "change.run", "director.zero"}
CLUSTERS = {"cluster.create", "cluster.edit"}
MAY = {
    "viewer": {"view"},
    "operator": WORK | CLUSTERS,
    "approver": KNOW | {"change.review", "change.comment", "change.run"},
    "auditor": {"view", "audit.view", "audit.export"},
    "emergency": WORK | {"change.emergency"},
    "admin": (WORK | CLUSTERS)
    | {"change.review", "change.comment", "audit.export", "cluster.policy", "hook.manage"}
    | {"director.manage", "people.manage"},
}


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("act", ACTS)
def test_each_role_may_exactly_its_acts(role, act):
    assert can(make_user(role), act) is (act in MAY[role])


@pytest.mark.parametrize("act", ACTS)
def test_without_a_role_nothing_is_allowed(act):
    assert not can(User.objects.create(username="stranger"), act)
    assert not can(AnonymousUser(), act)


@pytest.mark.parametrize("act", ACTS)
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


def granted(role, cluster):
    """Somebody who holds this role in this cluster only."""
    user = User.objects.create(username=f"{role}-of-{cluster}")
    grant_role(actor=None, user=user, role=role, cluster_id=cluster.pk)
    return user


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("act", ACTS)
def test_a_role_in_one_cluster_counts_there_and_nowhere_else(role, act, cluster):
    user, other = granted(role, cluster), make_cluster("other")
    assert can(user, act, cluster) is (act in MAY[role])
    assert can_somewhere(user, act) is (act in MAY[role])
    assert not can(user, act, other)
    assert not can(user, act)


def test_roles_add_up(cluster):
    user, other = granted("operator", cluster), make_cluster("other")
    grant_role(actor=None, user=user, role="approver", cluster_id=other.pk)
    assert can(user, "change.edit", cluster)
    assert not can(user, "change.review", cluster)
    assert can(user, "change.review", other)
    assert scope_of(user, "view") == Scope(False, frozenset({cluster.pk, other.pk}))


def test_a_refusal_names_the_cluster_where_the_role_is_missing(cluster):
    user = granted("operator", cluster)
    with pytest.raises(
        PermissionDenied, match="in this cluster: that needs the role operator there"
    ):
        require(user, "change.edit", make_cluster("other"))
    with pytest.raises(PermissionDenied, match="everywhere: that needs the role operator for all"):
        require(user, "cluster.create")
    with pytest.raises(PermissionDenied, match="read the audit log: that needs the role auditor"):
        require_somewhere(granted("viewer", cluster), "audit.view")


def test_who_holds_a_role_in_one_cluster_sees_that_cluster_only(operator, cluster):
    other = make_cluster("other")
    mine, theirs = make_draft(operator, cluster), make_draft(operator, other)
    free = make_director("free")
    user = granted("viewer", cluster)
    assert list(clusters(user)) == [cluster]
    assert list(changes(user)) == [mine]
    assert list(directors(user)) == list(cluster.directors.all())
    assert list(free_directors(user)) == []
    assert theirs in changes(operator)
    assert free in free_directors(operator)


def test_only_the_changes_of_ones_own_clusters_wait_for_review(operator, cluster):
    change = make_submitted(operator, cluster)
    assert list(waiting_for(granted("approver", cluster))) == [change]
    assert list(waiting_for(granted("approver", make_cluster("other")))) == []


def test_being_djangos_superuser_is_no_role(cluster):
    root = User.objects.create_superuser("root", password="x")
    assert not any(can_somewhere(root, act) for act in ACTS)
