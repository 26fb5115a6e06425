"""Accounts from the command line of the console's host."""

import io

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.accounts.selectors import roles_of
from apps.audit.models import AuditRecord
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def create(monkeypatch, *arguments, password=PASSWORD):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    out = io.StringIO()
    call_command("create_user", *arguments, "--password-stdin", stdout=out)
    return out.getvalue()


def test_it_makes_an_account(monkeypatch):
    assert create(monkeypatch, "anna", "--role", "admin") == "Created anna, admin.\n"
    user = User.objects.get(username="anna")
    assert roles_of(user) == ["admin everywhere"]
    assert user.check_password(PASSWORD)


def test_a_second_account_of_that_name_is_refused(monkeypatch):
    make_user("viewer", "anna")
    with pytest.raises(CommandError, match="There is a user “anna” already"):
        create(monkeypatch, "anna", "--role", "admin")


def test_if_missing_leaves_an_account_as_it_is(monkeypatch):
    user = make_user("viewer", "anna")
    said = create(monkeypatch, "anna", "--role", "admin", "--if-missing", password="other-password")
    assert said == "There is an account anna already: left as it is.\n"
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert roles_of(user) == ["viewer everywhere"]


def test_a_weak_password_is_refused(monkeypatch):
    with pytest.raises(CommandError, match="too short"):
        create(monkeypatch, "anna", "--role", "admin", password="short")
    assert not User.objects.exists()


def test_two_passwords_that_differ_are_refused(monkeypatch):
    typed = iter(["one-long-password", "two-long-password"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    with pytest.raises(CommandError, match="The two passwords differ"):
        call_command("create_user", "anna", "--role", "admin")


def test_another_password_leaves_a_record(monkeypatch):
    user = make_user("admin", "anna")
    monkeypatch.setattr("sys.stdin", io.StringIO("another-long-password\n"))
    call_command("set_password", "anna", "--password-stdin", stdout=io.StringIO())
    user.refresh_from_db()
    assert user.check_password("another-long-password")
    assert AuditRecord.objects.get(action="user.password_changed").object_name == "anna"


def test_a_password_for_nobody_is_refused(db):
    with pytest.raises(CommandError, match="no account nobody"):
        call_command("set_password", "nobody", "--password-stdin")


@pytest.mark.parametrize("command", ["createsuperuser", "changepassword"])
def test_djangos_commands_without_a_record_are_switched_off(command):
    with pytest.raises(CommandError, match="no record in the audit log"):
        call_command(command)
    assert not User.objects.filter(is_superuser=True).exists()
