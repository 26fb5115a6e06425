"""Signing in and out."""

import pytest
from django.test import Client

from apps.changes.models import Change
from tests.factories import PASSWORD, make_user
from tests.web.conftest import browser, text_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["/", "/clusters/", "/changes/", "/directors/", "/audit/", "/people/", "/waiting/"]
)
def test_pages_ask_to_sign_in(client, path):
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/")


def test_name_and_password_open_the_door(client):
    make_user("viewer", "vera")
    response = client.post("/sign-in/", {"username": "vera", "password": PASSWORD})
    assert response["Location"] == "/"
    assert client.get("/").status_code == 200


def test_a_wrong_password_keeps_the_name(client):
    make_user("viewer", "vera")
    response = client.post("/sign-in/", {"username": "vera", "password": "wrong"})
    assert "don't belong together" in text_of(response)
    assert 'value="vera"' in response.content.decode()


def test_guessing_is_locked_out(client, settings):
    settings.AXES_FAILURE_LIMIT = 3
    make_user("viewer", "vera")
    for _ in range(3):
        response = client.post("/sign-in/", {"username": "vera", "password": "wrong"})
    assert response.status_code == 429
    assert "Too many wrong passwords" in text_of(response)


def test_signing_out_needs_a_post(viewer):
    client = browser(viewer)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/").status_code == 302


def test_a_post_without_its_token_is_refused(viewer):
    client = Client(enforce_csrf_checks=True)
    client.force_login(viewer, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/sign-out/").status_code == 403


def test_next_does_not_lead_to_another_site(client):
    make_user("viewer", "vera")
    data = {"username": "vera", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/sign-in/", data)["Location"] == "/"


def test_signing_out_once_more_leads_to_the_door(viewer):
    client = browser(viewer)
    client.session.flush()
    assert client.post("/sign-out/")["Location"] == "/sign-in/"


def ended(client):
    """The session of the client ends elsewhere: at another tab's sign-out, or after its time."""
    client.session.flush()


def test_a_part_of_an_open_page_is_not_replaced_by_the_sign_in_page(viewer):
    client = browser(viewer)
    ended(client)
    response = client.get("/directors/?part=list", headers={"HX-Request": "true"})
    assert (response.status_code, response.content) == (401, b"")


def test_what_was_sent_after_the_session_ended_can_be_sent_again(operator, cluster):
    client = browser(operator)
    ended(client)
    data = {"title": "Add <mail>", "reason": "It moves\nhere", "password": "not to be kept"}
    page = client.post("/clusters/web/changes/new/", data)
    assert page.status_code == 401
    assert "You were signed out" in text_of(page)
    assert 'action="/clusters/web/changes/new/"' in page.text
    assert 'name="title" value="Add &lt;mail&gt;"' in page.text
    assert 'name="reason" value="It moves\nhere"' in page.text
    assert "not to be kept" not in page.text
    assert not Change.objects.exists()


def test_a_page_from_another_sign_in_says_what_to_do(viewer):
    client = Client(enforce_csrf_checks=True)
    client.force_login(viewer, backend="django.contrib.auth.backends.ModelBackend")
    response = client.post("/account/password/", {"csrfmiddlewaretoken": "x" * 32})
    assert response.status_code == 403
    assert "load the page anew" in text_of(response)
