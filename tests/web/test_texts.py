"""Texts that no browser of ours sends: each is refused or left aside, and none is a mistake of ours."""

import pytest
from axes.models import AccessAttempt
from django.test import Client

from apps.accounts.models import User
from tests.api.conftest import Program
from tests.web.conftest import browser, text_of

pytestmark = pytest.mark.django_db

HALVES = {"utf-7": "+2AA-", "unicode_escape": "\\ud800", "base64": "x"}
"""What becomes half of a character, which UTF-8 can't hold, or is no text at all, in another encoding."""


def multipart(charset, **fields):
    """The body of a form in this encoding, and its type."""
    parts = [
        f'--part\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    kind = f"multipart/form-data; boundary=part; charset={charset}"
    return "".join([*parts, "--part--\r\n"]).encode(), kind


@pytest.mark.parametrize("charset", HALVES)
def test_a_form_in_another_encoding_than_utf_8_is_refused(admin, charset):
    half = HALVES[charset]
    form = {"username": "nils", "full_name": half, "role": "viewer", "password": "a-good-long-one"}
    response = browser(admin).generic("POST", "/people/new/", *multipart(charset, **form))
    assert response.status_code == 415
    assert "UTF-8" in response.content.decode()
    assert not User.objects.filter(username="nils").exists()


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "us-ascii", "no-such-encoding"])
def test_a_form_that_names_utf_8_or_nothing_that_there_is_is_read(admin, charset):
    form = {"username": "nils", "role": "viewer", "password": "a-good-long-one"}
    response = browser(admin).generic("POST", "/people/new/", *multipart(charset, **form))
    assert response.status_code == 302


def test_the_api_says_so_in_json(admin):
    program = Program(admin)
    response = program.client.generic(
        "POST",
        "/api/v1/changes/",
        b"{}",
        "application/json; charset=utf-7",
        headers={"Authorization": f"Bearer {program.text}"},
    )
    assert response.status_code == 415
    assert "UTF-8" in response.json()["error"]
    assert response["X-Request-ID"]


def test_a_header_with_a_null_character_is_refused(viewer):
    client = browser(viewer)
    response = client.get("/account/", headers={"User-Agent": "Fire\0fox"})
    assert response.status_code == 400
    assert "null character" in response.content.decode()
    assert client.get("/account/", headers={"User-Agent": "x" * 9000}).status_code == 200


@pytest.mark.parametrize("name", ["x" * 151, "x" * 5000, "\ufb01" * 140])
def test_a_name_that_is_too_long_for_an_account_comes_to_nobody_who_counts(client, viewer, name):
    response = client.post("/sign-in/", {"username": name, "password": "wrong"})
    assert response.status_code == 200
    assert "No account has so long a name" in text_of(response)
    assert not AccessAttempt.objects.exists()


def test_a_session_that_no_session_is_called_is_none(viewer):
    client = Client(HTTP_COOKIE=r'sessionid="\000\000\000\000\000\000\000\000\000"')
    assert client.get("/").status_code == 302
    assert client.get("/sign-in/").status_code == 200


@pytest.mark.parametrize("wish", ["3", "web:home", "٣", "a\0b", "?", "x.y"])
def test_the_door_leads_to_no_address_that_is_none(viewer, wish):
    response = browser(viewer).get("/sign-in/", {"next": wish})
    assert response.status_code == 302
    assert response["Location"] == "/"
