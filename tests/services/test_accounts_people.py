"""Accounts, roles and passwords."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.accounts import services
from apps.accounts.errors import AccountError
from apps.accounts.models import User
from apps.accounts.selectors import people, person, role_of
from tests.factories import PASSWORD, make_user
from tests.services.records import count, newest, said

pytestmark = pytest.mark.django_db

NEW = {"username": "nina", "password": PASSWORD, "full_name": "Nina Alba Holm", "role": "operator"}


def test_an_account_is_made_with_its_role(admin):
    user = services.create_user(actor=admin, **NEW)
    assert (role_of(user), user.display_name) == ("operator", "Nina Alba Holm")
    assert user.check_password(PASSWORD)
    after = {"username": "nina", "full name": "Nina Alba Holm", "role": "operator"}
    assert said("user.created") == ("anna", "user nina", None, after, "", None)


def test_the_first_account_is_made_by_the_system():
    services.create_user(actor=None, **NEW)
    assert newest("user.created").actor_name == "system"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"username": "adil"}, "There is a “adil” already"),
        ({"username": "no spaces here"}, "valid username"),
        ({"username": " "}, "Give the account a name"),
        ({"password": "short"}, "too short"),
        ({"password": "password12345"}, "too common"),
        ({"role": "king"}, "“king” is no role: choose one of viewer, operator"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(wrong, message, admin, approver):
    before = count(), User.objects.count()
    with pytest.raises(AccountError, match=message):
        services.create_user(actor=admin, **NEW | wrong)
    assert (count(), User.objects.count()) == before


def test_no_record_holds_a_password(admin):
    user = services.create_user(actor=admin, **NEW)
    services.set_password(actor=admin, user=user, password="another-long-password")
    for action in ("user.created", "user.password_changed"):
        record = newest(action)
        assert "password" not in f"{record.before}{record.after}{record.reason}"


def test_a_role_replaces_the_one_before(admin, viewer):
    services.set_role(actor=admin, user=viewer, role="approver")
    assert [group.name for group in viewer.groups.all()] == ["approver"]
    was, now = {"role": "viewer"}, {"role": "approver"}
    assert said("user.role_changed") == ("anna", "user vera", was, now, "", None)


def test_the_same_role_again_is_no_act(admin, viewer):
    before = count()
    services.set_role(actor=admin, user=viewer, role="viewer")
    assert count() == before


def test_an_account_is_switched_off_and_on(admin, viewer):
    services.set_active(actor=admin, user=viewer, active=False)
    viewer.refresh_from_db()
    assert not viewer.is_active
    was, now = {"active": True}, {"active": False}
    assert said("user.deactivated") == ("anna", "user vera", was, now, "", None)
    services.set_active(actor=admin, user=viewer, active=True)
    assert said("user.activated") == ("anna", "user vera", now, was, "", None)


def test_nobody_switches_themself_off(admin):
    make_user("admin")
    with pytest.raises(AccountError, match="your own account"):
        services.set_active(actor=admin, user=admin, active=False)


def test_the_last_administrator_keeps_the_role(admin):
    with pytest.raises(AccountError, match="anna is the last administrator"):
        services.set_role(actor=admin, user=admin, role="viewer")
    assert role_of(admin) == "admin"


def test_an_administrator_who_is_switched_off_does_not_count(admin):
    other = make_user("admin")
    services.set_active(actor=admin, user=other, active=False)
    with pytest.raises(AccountError, match="last administrator"):
        services.set_role(actor=admin, user=admin, role="viewer")


def test_one_of_two_administrators_may_step_down(admin):
    make_user("admin")
    services.set_role(actor=admin, user=admin, role="viewer")
    assert role_of(User.objects.get(pk=admin.pk)) == "viewer"


def test_a_name_is_changed(admin, operator):
    services.set_full_name(actor=admin, user=operator, full_name="Olga Bergman")
    was, now = {"full name": "Olga Berg"}, {"full name": "Olga Bergman"}
    assert said("user.renamed") == ("anna", "user olga", was, now, "", None)


def test_anybody_changes_their_own_password(viewer):
    services.set_password(actor=viewer, user=viewer, password="another-long-password")
    viewer.refresh_from_db()
    assert viewer.check_password("another-long-password")
    assert said("user.password_changed") == ("vera", "user vera", None, None, "", None)


def test_a_weak_password_is_refused(viewer):
    with pytest.raises(AccountError, match="too short"):
        services.set_password(actor=viewer, user=viewer, password="short")


@pytest.mark.parametrize("role", ["viewer", "operator", "approver"])
def test_only_administrators_manage_people(role, viewer):
    actor = make_user(role)
    before = count()
    for act in (
        lambda: services.create_user(actor=actor, **NEW),
        lambda: services.set_role(actor=actor, user=viewer, role="admin"),
        lambda: services.set_active(actor=actor, user=viewer, active=False),
        lambda: services.set_full_name(actor=actor, user=viewer, full_name="X"),
        lambda: services.set_password(actor=actor, user=viewer, password=PASSWORD),
        lambda: people(actor),
    ):
        with pytest.raises(PermissionDenied, match="manage people"):
            act()
    assert count() == before


def test_people_and_roles_are_read_in_two_queries(admin, viewer, django_assert_num_queries):
    admin.has_perm("accounts.manage_people")
    with django_assert_num_queries(2):
        roles = {user.username: role_of(user) for user in people(admin)}
    assert roles == {"anna": "admin", "vera": "viewer"}
    assert person(admin, viewer.pk) == viewer


@pytest.mark.parametrize("name", ["Olga", "OLGA", "ｏlga"])
def test_nobody_takes_a_name_that_reads_like_anothers(name, admin, operator):
    with pytest.raises(AccountError, match="already: choose another") as refused:
        services.create_user(actor=admin, username=name, password=PASSWORD, role="viewer")
    assert refused.value.field == "username"


def test_a_full_name_has_its_length(admin, operator):
    with pytest.raises(AccountError, match="150 characters at most"):
        services.set_full_name(actor=admin, user=operator, full_name="O" * 151)
