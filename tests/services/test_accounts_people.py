"""Accounts, roles and passwords."""

import pytest
from allauth.usersessions.models import UserSession
from django.core.exceptions import PermissionDenied

from apps.accounts import services
from apps.accounts.errors import AccountError
from apps.accounts.models import User
from apps.accounts.selectors import people, person, roles_of
from tests.factories import PASSWORD, make_token, make_user
from tests.services.records import count, newest, said

pytestmark = pytest.mark.django_db

NEW = {"username": "nina", "password": PASSWORD, "full_name": "Nina Alba Holm", "role": "operator"}


def test_an_account_is_made_with_its_role(admin):
    user = services.create_user(actor=admin, **NEW)
    assert (roles_of(user), user.display_name) == (["operator everywhere"], "Nina Alba Holm")
    assert user.check_password(PASSWORD)
    after = {"username": "nina", "full name": "Nina Alba Holm", "role": "operator"}
    assert said("user.created") == ("anna", "user nina", None, after, "", None)


def test_the_first_account_is_made_by_the_system():
    services.create_user(actor=None, **NEW)
    assert newest("user.created").actor_name == "system"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"username": "adil"}, "There is a user “adil” already"),
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


def test_an_account_is_switched_off_and_on(admin, viewer):
    services.set_active(actor=admin, user=viewer, active=False)
    viewer.refresh_from_db()
    assert not viewer.is_active
    was, now = {"active": True}, {"active": False}
    assert said("user.deactivated") == ("anna", "user vera", was, now, "", None)
    services.set_active(actor=admin, user=viewer, active=True)
    assert said("user.activated") == ("anna", "user vera", now, was, "", None)


def test_switching_off_revokes_the_tokens_for_good(admin, viewer):
    make_token(viewer, name="deploy")
    services.set_active(actor=admin, user=viewer, active=False)
    assert said("token.revoked")[:2] == ("anna", "apitoken vera (token deploy)")
    services.set_active(actor=admin, user=viewer, active=True)
    assert viewer.api_tokens.get().state == "revoked"


def test_what_slipped_in_while_an_account_went_off_is_ended_before_it_is_on(admin, viewer):
    services.set_active(actor=admin, user=viewer, active=False)
    viewer.is_active = True  # as a request sees them that began a moment before
    late, _ = make_token(viewer)
    UserSession.objects.create(user=viewer, session_key="late", ip="192.0.2.1")
    services.set_active(actor=admin, user=viewer, active=True)
    late.refresh_from_db()
    assert late.state == "revoked"
    assert not UserSession.objects.filter(user=viewer).exists()
    assert said("user.sessions_ended")[:4] == ("anna", "user vera", None, {"ended": 1, "kept": 0})


def test_nobody_switches_themself_off(admin):
    make_user("admin")
    with pytest.raises(AccountError, match="your own account"):
        services.set_active(actor=admin, user=admin, active=False)


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


@pytest.mark.parametrize("role", ["viewer", "operator", "approver", "auditor", "emergency"])
def test_only_administrators_manage_people(role, viewer):
    actor = make_user(role)
    before = count()
    for act in (
        lambda: services.create_user(actor=actor, **NEW),
        lambda: services.grant_role(actor=actor, user=viewer, role="admin"),
        lambda: services.revoke_role(actor=actor, grant=viewer.grants.get()),
        lambda: services.set_active(actor=actor, user=viewer, active=False),
        lambda: services.set_full_name(actor=actor, user=viewer, full_name="X"),
        lambda: services.set_password(actor=actor, user=viewer, password=PASSWORD),
        lambda: people(actor),
    ):
        with pytest.raises(PermissionDenied, match="manage people"):
            act()
    assert count() == before


def test_people_and_roles_are_read_in_two_queries(admin, viewer, django_assert_num_queries):
    assert admin.held_roles  # read once
    with django_assert_num_queries(2):
        roles = {user.username: roles_of(user) for user in people(admin)}
    assert roles == {"anna": ["admin everywhere"], "vera": ["viewer everywhere"]}
    assert person(admin, viewer.pk) == viewer


@pytest.mark.parametrize("name", ["Olga", "OLGA", "ｏlga"])
def test_nobody_takes_a_name_that_reads_like_anothers(name, admin, operator):
    with pytest.raises(AccountError, match="already: choose another") as refused:
        services.create_user(actor=admin, username=name, password=PASSWORD, role="viewer")
    assert refused.value.field == "username"


def test_a_full_name_has_its_length(admin, operator):
    with pytest.raises(AccountError, match="150 characters at most"):
        services.set_full_name(actor=admin, user=operator, full_name="O" * 151)
