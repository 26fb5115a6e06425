"""Enrolling a director in the browser: one command, shown once; and cutting it off."""

import re

import pytest

from apps.inventory.models import Director
from apps.trust.models import Identity, Invitation
from lvs.agent.invitation import Invitation as Code
from tests.factories import make_director
from tests.identities import store_heartbeat
from tests.lvs.test_streams import REPORTS
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db


def code_in(response):
    (command,) = re.findall(r'<pre id="enrol-command"[^>]*>(.*?)</pre>', response.content.decode())
    return Code.from_code(command.split()[-1])


def page_of(person, director, part=""):
    return text_of(browser(person).get(f"/directors/{director.uuid}/{part}"))


def test_a_new_director_gets_a_command_that_is_shown_once(admin, signing_key):
    client = browser(admin)
    response = client.post("/directors/new/", {"name": "lb-1"})
    director = Director.objects.get(name="lb-1")
    code = code_in(response)
    assert (code.director, response.status_code) == (str(director.uuid), 200)
    assert "no-store" in response["Cache-Control"]
    page = client.get(f"/directors/{director.uuid}/").content.decode()
    assert code.code not in page
    assert "Waiting for its host" in page


def test_a_name_that_is_taken(admin, signing_key):
    make_director("lb-1")
    response = browser(admin).post("/directors/new/", {"name": "lb-1"})
    assert response.status_code == 422
    assert "already" in error_beside(response, "name")
    assert not Invitation.objects.exists()


def test_without_a_signing_key_nothing_is_added_and_the_page_says_why(admin, settings, tmp_path):
    settings.SIGNING_KEY_FILE = tmp_path / "none.key"
    response = browser(admin).post("/directors/new/", {"name": "lb-1"})
    assert "manage.py signing_key" in error_beside(response, "name")
    assert not Director.objects.exists()
    assert "manage.py signing_key" in page_of(admin, make_director("lb-1"))
    invited = browser(admin).post(f"/directors/{Director.objects.get().uuid}/invite/", follow=True)
    assert "manage.py signing_key" in text_of(invited)


def test_only_administrators_invite_and_cut_off(operator, viewer, signing_key):
    director = make_director("lb-1")
    for person in (operator, viewer):
        client = browser(person)
        assert client.post("/directors/new/", {"name": "x"}).status_code == 403
        for act in ("invite", "revoke"):
            assert client.post(f"/directors/{director.uuid}/{act}/").status_code == 403
        assert "Who it is" not in page_of(person, director)
        for part in ("standing", "joining"):
            response = client.get(f"/directors/{director.uuid}/?part={part}")
            assert response.status_code == 403
    assert Identity.objects.filter(director=director).exists()


def test_an_enrolled_director_stays_until_another_host_took_its_place(admin, signing_key):
    director = make_director("lb-1")
    before = Identity.objects.get().key_id
    response = browser(admin).post(f"/directors/{director.uuid}/invite/")
    assert code_in(response).director == str(director.uuid)
    assert Identity.objects.get().key_id == before
    assert before in page_of(admin, director)


def test_cutting_off_says_what_is_lost_and_asks_why(admin, signing_key):
    director = make_director("lb-1")
    assert "Its kernel keeps balancing" in page_of(admin, director)
    response = browser(admin).post(
        f"/directors/{director.uuid}/revoke/", {"reason": "stolen"}, follow=True
    )
    assert "lb-1 is cut off" in text_of(response)
    assert not Identity.objects.exists()
    assert "Not enrolled" in page_of(admin, director)


def test_cutting_off_twice_says_so(admin, signing_key):
    director = make_director("lb-1")
    client = browser(admin)
    client.post(f"/directors/{director.uuid}/revoke/")
    again = client.post(f"/directors/{director.uuid}/revoke/", follow=True)
    assert "was not enrolled" in text_of(again)


def test_an_invitation_that_redis_refuses_is_said(admin, signing_key):
    client = browser(admin)
    client.post("/directors/new/", {"name": "lb-1"})
    Invitation.objects.update(error="Redis does not make its user: NOPERM")
    director = Director.objects.get()
    for part in ("", "?part=standing", "?part=joining"):
        assert "NOPERM" in page_of(admin, director, part)


def test_the_page_goes_on_by_itself_from_invited_to_reporting(admin, signing_key):
    client = browser(admin)
    client.post("/directors/new/", {"name": "lb-1"})
    director = Director.objects.get()
    assert "Waiting" in page_of(admin, director, "?part=joining")
    Invitation.objects.update(expires_at="2020-01-01T00:00Z")
    assert "too old" in page_of(admin, director, "?part=joining")


def test_a_director_that_does_not_believe_the_console_is_pointed_out(admin, signing_key):
    director = make_director("lb-1")
    message = REPORTS["heartbeat"] | {"director": str(director.uuid), "console_keys": ["0" * 16]}
    store_heartbeat(director=director, message=message)
    assert "refuses every order" in page_of(admin, director)
