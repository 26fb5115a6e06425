"""Between the password and the second factor: what ends a sign-in that is half done."""

import pytest
from allauth.socialaccount.models import SocialAccount

from apps.accounts import services
from tests.factories import PASSWORD
from tests.second_factors import code_of, give_app
from tests.services.records import newest
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db

DOOR, FACTOR = "/sign-in/", "/sign-in/second-factor/"


def knock(client, password=PASSWORD):
    client.post(DOOR, {"username": "vera", "password": password})
    assert client.get(FACTOR).status_code == 200


def is_over(client):
    """The code no longer opens the door, and the person is told why."""
    answer = client.post(FACTOR, {"code": code_of()}, follow=True)
    assert answer.redirect_chain == [(DOOR, 302)]
    assert client.get("/").status_code == 302
    assert newest("user.signed_in") is None
    return "Your account was changed meanwhile: sign in anew." in text_of(answer)


def test_a_new_password_ends_it(client, viewer):
    give_app(viewer)
    knock(client)
    services.set_password(actor=viewer, user=viewer, password="another-long-password")
    assert is_over(client)
    knock(client, "another-long-password")
    assert client.post(FACTOR, {"code": code_of()})["Location"] == "/"


def test_switching_the_account_off_ends_it_for_good(client, viewer, admin):
    give_app(viewer)
    knock(client)
    services.set_active(actor=admin, user=viewer, active=False)
    assert is_over(client)
    services.set_active(actor=admin, user=viewer, active=True)
    assert client.get(FACTOR)["Location"] == DOOR


def test_an_account_that_was_off_meanwhile_is_not_looked_at_before_the_code(client, viewer, admin):
    give_app(viewer)
    knock(client)
    services.set_active(actor=admin, user=viewer, active=False)
    assert client.get(FACTOR)["Location"] == DOOR


def test_a_second_factor_that_was_reset_leads_back_to_the_door(client, viewer, admin):
    give_app(viewer)
    knock(client)
    services.reset_second_factor(actor=admin, user=viewer, reason="Phone lost")
    assert is_over(client)


def test_unlinking_single_sign_on_ends_a_sign_in_from_there(client, viewer, admin, settings):
    settings.OIDC_ISSUER = "https://id.example.net"
    services.link_account(actor=admin, user=viewer, subject="s-7")
    give_app(viewer)
    knock(client)
    session = client.session
    (record,) = session["account_authentication_methods"]
    record["method"] = "socialaccount"
    session.save()
    assert client.get(FACTOR).status_code == 200
    SocialAccount.objects.all().delete()
    assert is_over(client)
