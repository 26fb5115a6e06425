"""At the door: answers of keys that are none, and sessions that end."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.accounts.errors import AccountError
from apps.accounts.second_factor import new_key
from tests.factories import PASSWORD
from tests.second_factors import give_app
from tests.web.conftest import error_beside

pytestmark = pytest.mark.django_db
DOOR, FACTOR = "/sign-in/", "/sign-in/second-factor/"


def knock(client, name="vera", password=PASSWORD):
    return client.post(DOOR, {"username": name, "password": password})


def test_a_session_ends_however_it_is_used(viewer, client):
    knock(client)
    ends = Session.objects.get().expire_date
    assert ends - timezone.now() < timedelta(seconds=settings.SESSION_COOKIE_AGE)
    assert client.get("/account/second-factor/app/").status_code == 200  # writes into the session
    assert "second-factor-secret" in client.session
    assert Session.objects.get().expire_date == ends


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


def test_an_answer_of_a_new_key_that_no_database_holds_is_refused(monkeypatch):
    module = "apps.accounts.second_factor.webauthn"
    monkeypatch.setattr(f"{module}.parse_registration_response", lambda answer: answer)
    monkeypatch.setattr(f"{module}.complete_registration", lambda answer: answer)
    assert new_key('{"id": "AAAA"}') == {"id": "AAAA"}
    with pytest.raises(AccountError, match="could not be added"):
        new_key('{"id": "AAAA", "more": "\\u0000"}')
