"""Where people are signed in, and ending that."""

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from apps.accounts.selectors import sessions_of
from tests.factories import PASSWORD
from tests.services.records import newest, said
from tests.web.conftest import browser, text_of

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1"
)


def come(agent=FIREFOX, address="192.0.2.1"):
    """Vera in this browser, from this address."""
    client = Client(HTTP_USER_AGENT=agent, REMOTE_ADDR=address)
    client.post("/sign-in/", {"username": "vera", "password": PASSWORD})
    return client


def test_each_session_is_listed_with_browser_address_and_ways(viewer):
    here = come()
    come(PHONE, "2001:db8::7")
    page = text_of(here.get("/account/"))
    assert "Firefox on Linux this one 192.0.2.1, with password" in page
    assert "Safari on iPhone 2001:db8::7, with password" in page


def test_one_other_session_is_ended(viewer):
    here, phone = come(), come(PHONE)
    other = UserSession.objects.get(user_agent=PHONE)
    assert here.post("/account/sessions/", {"session": other.pk})["Location"] == "/account/"
    assert phone.get("/").status_code == 302
    assert here.get("/").status_code == 200
    assert said("user.session_ended")[2] == {"address": "192.0.2.1", "browser": PHONE}


def test_all_others_are_ended(viewer):
    here, others = come(), [come(PHONE), come(address="192.0.2.3")]
    page = here.post("/account/sessions/", follow=True)
    assert "Other sessions ended: 2." in text_of(page)
    assert [client.get("/").status_code for client in others] == [302, 302]
    assert said("user.sessions_ended")[3] == {"ended": 2, "kept": 1}
    assert len(sessions_of(viewer, viewer)) == 1


def test_a_session_of_somebody_else_is_not_found(viewer, operator):
    come()
    session = UserSession.objects.get()
    assert browser(operator).post("/account/sessions/", {"session": session.pk}).status_code == 404
    assert newest("user.session_ended") is None


def test_an_administrator_sees_and_ends_all_of_a_persons_sessions(admin, viewer):
    here, phone = come(), come(PHONE)
    client = browser(admin)
    page = text_of(client.get(f"/people/{viewer.pk}/"))
    assert "Firefox on Linux" in page and "Safari on iPhone" in page
    client.post(f"/people/{viewer.pk}/sessions/")
    assert here.get("/").status_code == phone.get("/").status_code == 302
    assert said("user.sessions_ended")[:2] == ("anna", "user vera")
    assert client.get("/").status_code == 200


def test_a_session_of_who_was_switched_off_stays_ended_when_they_are_on_again(admin, viewer):
    here, client = come(), browser(admin)
    for act in ("off", "on"):
        assert client.post(f"/people/{viewer.pk}/", {"act": act}).status_code == 302
        assert here.get("/").status_code == 302
    assert said("user.sessions_ended")[:2] == ("anna", "user vera")
    assert come().get("/").status_code == 200


def test_an_administrator_keeps_their_own_session(admin):
    client, other = browser(admin), browser(admin)
    other.get("/")
    client.post(f"/people/{admin.pk}/sessions/")
    assert client.get("/").status_code == 200
    assert other.get("/").status_code == 302


def test_sessions_that_another_password_ended_are_not_listed(viewer):
    here = come()
    come(PHONE)
    new = {"old_password": PASSWORD, "password": "another-long-password"}
    here.post("/account/password/", new | {"password_again": "another-long-password"})
    page = text_of(here.get("/account/"))
    assert "iPhone" not in page
    assert "Firefox on Linux this one" in page


def test_a_session_is_noted_as_seen_once_a_minute(viewer):
    here = come()
    here.get("/")
    long_ago = timezone.now() - timezone.timedelta(hours=1)
    UserSession.objects.update(last_seen_at=long_ago)
    here.get("/")
    assert UserSession.objects.get().last_seen_at == long_ago
    cache.clear()
    here.get("/", REMOTE_ADDR="192.0.2.44")
    session = UserSession.objects.get()
    assert session.last_seen_at > long_ago
    assert session.ip == "192.0.2.44"


def test_a_server_that_names_no_address_stops_nobody(viewer):
    come(address="")
    (session,) = sessions_of(viewer, viewer)
    assert session.address == ""
