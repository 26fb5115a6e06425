"""What nobody gets past at the door, or by it: other people's counters, old passwords, endless sessions."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.forms import PasswordInput
from django.test import Client
from django.utils import timezone

from apps.accounts import services
from apps.web.forms import account, people, sign_in
from tests.factories import PASSWORD
from tests.second_factors import code_of, give_app
from tests.services.records import newest
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db
DOOR, FACTOR = "/sign-in/", "/sign-in/second-factor/"


def knock(client, name="vera", password=PASSWORD):
    return client.post(DOOR, {"username": name, "password": password})


@pytest.mark.parametrize("name", ["vera (second factor)", "vera\u00a0(second factor)"])
def test_nobody_locks_somebody_elses_codes_from_the_door(name, client, viewer):
    give_app(viewer)
    for _ in range(settings.AXES_FAILURE_LIMIT + 2):
        answer = knock(Client(), name)
        assert "don't belong together" in text_of(answer)
    assert not AccessAttempt.objects.exists()
    knock(client)
    assert client.post(FACTOR, {"code": code_of()})["Location"] == "/"


def test_what_is_kept_of_a_failed_form_holds_no_password(viewer):
    typed = {"old_password": "wrong-until-now", "password": "new-one-long-enough"}
    browser(viewer).post("/account/password/", typed | {"password_again": "new-one-long-enouhg"})
    kept = AccessAttempt.objects.get().post_data
    assert "old_password=" in kept
    assert "wrong-until-now" not in kept and "new-one" not in kept


def test_every_password_of_a_form_is_masked_there():
    forms = [
        form
        for module in (account, people, sign_in)
        for form in vars(module).values()
        if hasattr(form, "base_fields")
    ]
    secret = {
        name
        for form in forms
        for name, field in form.base_fields.items()
        if isinstance(field.widget, PasswordInput)
    }
    assert {"old_password", "password_again"} <= secret
    assert secret <= {"password", *settings.AXES_SENSITIVE_PARAMETERS}


def test_a_session_ends_however_it_is_used(viewer, client):
    knock(client)
    ends = Session.objects.get().expire_date
    assert ends - timezone.now() < timedelta(seconds=settings.SESSION_COOKIE_AGE)
    assert client.get("/account/second-factor/app/").status_code == 200  # writes into the session
    assert "second-factor-secret" in client.session
    assert Session.objects.get().expire_date == ends


@pytest.mark.parametrize("act", ["password", "off"])
def test_a_password_shown_before_opens_nothing_once_it_is_void(act, client, viewer, admin):
    give_app(viewer)
    knock(client)
    if act == "password":
        services.set_password(actor=admin, user=viewer, password="another-that-is-long")
    else:
        services.set_active(actor=admin, user=viewer, active=False)
    answer = client.post(FACTOR, {"code": code_of()}, follow=True)
    assert "sign in anew" in text_of(answer)
    assert newest("user.signed_in") is None
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("answer", ["[" * 200_000, '{"a":' * 100_000, "1", "{}"])
def test_what_is_no_answer_of_a_key_is_refused(answer, client, viewer):
    give_app(viewer)
    knock(client)
    refused = client.post(FACTOR, {"credential": answer})
    assert refused.status_code == 200
    assert "not accepted" in error_beside(refused, "code")


def test_a_key_that_is_removed_in_this_very_moment_opens_nothing(client, viewer, monkeypatch):
    give_app(viewer)
    key = Authenticator.objects.create(user=viewer, type="webauthn", data={"name": "blue"})
    knock(client)

    def complete(user, answer):
        Authenticator.objects.filter(pk=key.pk).delete()
        return key

    module = "apps.accounts.second_factor.webauthn"
    monkeypatch.setattr(f"{module}.parse_authentication_response", lambda answer: answer)
    monkeypatch.setattr(f"{module}.complete_authentication", complete)
    refused = client.post(FACTOR, {"credential": "{}"})
    assert "not accepted" in error_beside(refused, "code")
