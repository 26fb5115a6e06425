"""What people do with their own account."""

import importlib
import pkgutil

import pytest
from axes.models import AccessAttempt
from django import forms
from django.conf import settings

import apps.web.forms
from apps.audit.models import AuditRecord
from tests.factories import PASSWORD
from tests.web.conftest import browser, error_beside

pytestmark = pytest.mark.django_db

NEW = "another-long-password"


def change(client, **fields):
    data = {"old_password": PASSWORD, "password": NEW, "password_again": NEW} | fields
    return client.post("/account/password/", data)


def test_people_change_their_own_password_and_stay_signed_in(viewer):
    client, elsewhere = browser(viewer), browser(viewer)
    assert change(client)["Location"] == "/account/"
    viewer.refresh_from_db()
    assert viewer.check_password(NEW)
    assert client.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    act = AuditRecord.objects.get(action="user.password_changed")
    assert (act.actor, act.object_name) == (viewer, "vera")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("old_password", "wrong", "That is not your password."),
        ("old_password", "", "Your password until now is missing."),
        ("password_again", "different-from-it", "The two new passwords differ."),
    ],
)
def test_a_mistake_is_named_beside_its_field(viewer, field, value, says):
    response = change(browser(viewer), **{field: value})
    assert response.status_code == 422
    assert error_beside(response, field) == says
    viewer.refresh_from_db()
    assert viewer.check_password(PASSWORD)


def test_a_weak_password_is_refused(viewer):
    response = change(browser(viewer), password="short", password_again="short")
    assert response.status_code == 422
    assert "too short" in error_beside(response, "password")


def test_no_password_is_kept_for_a_second_try_when_the_session_has_ended(viewer):
    client = browser(viewer)
    client.session.flush()
    response = change(client)
    assert response.status_code == 401
    assert NEW not in response.text and PASSWORD not in response.text
    assert "Send it again" not in response.text


SECRET_INPUTS = {"current-password", "new-password", "one-time-code"}


def test_no_password_is_kept_by_who_counts_the_failures(viewer):
    client = browser(viewer)
    typed = {"old_password": "almost-my-password", "password": NEW, "password_again": NEW + "-2"}
    assert change(client, **typed).status_code == 422
    assert client.post("/account/confirm/", {"password": "nearly-it"}).status_code == 422
    kept = " ".join(str(row) for row in AccessAttempt.objects.values_list())
    assert "/account/confirm/" in kept, "it was counted"
    for secret in ("almost-my-password", NEW, "nearly-it"):
        assert secret not in kept


def test_who_counts_the_failures_knows_all_secrets_of_our_forms():
    for module in pkgutil.iter_modules(apps.web.forms.__path__, "apps.web.forms."):
        importlib.import_module(module.name)
    ours = [form for form in kinds_of(forms.Form) if form.__module__.startswith("apps.")]
    found = {name for form in ours for name in secrets_of(form)}
    assert found >= {"password", "old_password", "password_again", "code", "credential"}
    assert found <= {"password", *settings.AXES_SENSITIVE_PARAMETERS}


def kinds_of(form):
    for kind in form.__subclasses__():
        yield from (kind, *kinds_of(kind))


def secrets_of(form):
    for name, field in form.base_fields.items():
        typed = field.widget.attrs.get("autocomplete") in SECRET_INPUTS
        if typed or isinstance(field.widget, forms.PasswordInput) or name == "credential":
            yield name
