"""Enrolling a director in the browser: one command, shown once; and cutting it off."""

import re
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.inventory.models import Director
from apps.inventory.services import add_director
from apps.telemetry.services import relay_was_here
from apps.trust.models import CutOff, Identity, Invitation
from apps.trust.signing import current_key_id
from lvs.agent import streams
from lvs.agent.invitation import Invitation as Code
from tests.factories import make_cluster, make_director
from tests.identities import store_heartbeat
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db


def code_in(response):
    (command,) = re.findall(r'<pre id="enrol-command"[^>]*>(.*?)</pre>', response.content.decode())
    return Code.from_code(command.split()[-1])


def heartbeat(director, **said):
    plain = {"facts": {}, "revision": 0, "owned_digest": "", "problem": ""}
    message = streams.heartbeat(str(director.uuid), time.time(), **(plain | said))
    store_heartbeat(director=director, message=message)


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


def test_the_page_says_through_which_redis(admin, signing_key, settings):
    settings.DIRECTOR_REDIS_URL = "rediss://console:secret@redis.example:6380/0"
    page = text_of(browser(admin).post("/directors/new/", {"name": "lb-1"}))
    assert "must reach Redis at rediss://redis.example:6380/0" in page


def test_a_command_that_no_host_can_use_any_more_goes_from_the_page(admin, signing_key):
    browser(admin).post("/directors/new/", {"name": "lb-1"})
    director = Director.objects.get()
    address = f"/directors/{director.uuid}/?part=joining"
    removal = '<div id="enrol-how" hx-swap-oob="delete">'
    assert removal not in browser(admin).get(address).content.decode()
    Invitation.objects.all().delete()
    assert removal in browser(admin).get(address).content.decode()


def test_loading_an_invitation_again_leads_to_its_director(admin, signing_key):
    director = make_director("lb-1")
    for act in ("invite", "withdraw", "revoke"):
        response = browser(admin).get(f"/directors/{director.uuid}/{act}/")
        assert response["Location"] == f"/directors/{director.uuid}/"


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
        for act in ("invite", "revoke", "withdraw"):
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


def cut_off(person, director, reason="stolen"):
    address = f"/directors/{director.uuid}/revoke/"
    return browser(person).post(address, {"reason": reason}, follow=True)


def test_cutting_off_says_what_is_lost(admin):
    director = make_director("lb-1")
    assert "Its kernel keeps balancing" in page_of(admin, director)
    assert "lb-1 is cut off" in text_of(cut_off(admin, director))
    assert not Identity.objects.exists()


def test_cutting_off_asks_why(admin):
    director = make_director("lb-1")
    response = cut_off(admin, director, reason="  ")
    assert response.status_code == 422
    assert error_beside(response, "reason") == "Why is missing."
    assert Identity.objects.filter(director=director).exists()


def test_whether_to_go_on_is_not_asked_before_the_reason_is_there(admin):
    """console.js asks only where what is typed is complete."""
    page = browser(admin).get(f"/directors/{make_director('lb-1').uuid}/").content.decode()
    (field,) = re.findall(r'<input[^>]*name="reason"[^>]*>', page)
    assert " required" in field


def test_the_page_of_one_that_is_cut_off_says_first_when_by_whom_and_why(admin, viewer):
    director = make_cluster("web", directors=[make_director("lb-1")]).directors.get()
    heartbeat(director, problem="IPVS is missing")
    cut_off(admin, director)
    page = page_of(viewer, director)
    assert re.search(r"Cut off 2\d\d\d-.* by Anna Stern: stolen", page)
    assert "have an administrator enrol a host anew, or take it out of the cluster" in page
    assert "have an administrator" not in page_of(admin, director)


def test_until_its_way_into_redis_is_closed_the_page_says_so(admin):
    director = make_director("lb-1")
    cut_off(admin, director)
    assert "Its way into Redis is being closed" in page_of(admin, director)
    CutOff.objects.update(at=timezone.now() - timedelta(seconds=9))
    assert "It may still reach Redis" in page_of(admin, director)
    CutOff.objects.update(closed_at=timezone.now())
    assert "Its way into Redis is closed" in page_of(admin, director)


@pytest.mark.parametrize("part", ["", "?part=standing", "?part=joining"])
def test_an_invitation_that_redis_was_not_told_of_is_said(admin, signing_key, part):
    browser(admin).post("/directors/new/", {"name": "lb-1"})
    director = Director.objects.get()
    assert "was not told" not in page_of(admin, director, part)
    Invitation.objects.update(made_at=timezone.now() - timedelta(seconds=9))
    if part:
        assert "Redis was not told of it" in page_of(admin, director, part)
    Invitation.objects.update(told_at=timezone.now())
    assert "was not told" not in page_of(admin, director, part)


def test_who_is_cut_off_is_asked_nothing_and_says_nothing_that_counts(admin):
    director = make_director("lb-1")
    heartbeat(director, problem="IPVS is missing")
    assert "IPVS is missing" in page_of(admin, director)
    assert "Ask it" in page_of(admin, director)
    cut_off(admin, director)
    assert "IPVS is missing" not in page_of(admin, director)
    assert "Ask it" not in page_of(admin, director)


@pytest.mark.parametrize("path", ["/", "/directors/", "/clusters/", "/clusters/web/"])
def test_lists_show_who_is_cut_off(admin, viewer, path):
    director = make_cluster("web", directors=[make_director("lb-1")]).directors.get()
    relay_was_here(name="r1")
    heartbeat(director)
    assert "Present" in text_of(browser(viewer).get(path))
    cut_off(admin, director)
    page = text_of(browser(viewer).get(path))
    assert "Cut off" in page
    assert "Present" not in page


@pytest.mark.parametrize("path", ["/", "/directors/", "/clusters/", "/clusters/web/"])
def test_lists_mark_who_refuses_orders(viewer, signing_key, path):
    director = make_cluster("web", directors=[make_director("lb-1")]).directors.get()
    heartbeat(director, console_keys=[current_key_id()])
    assert "Refuses orders" not in text_of(browser(viewer).get(path))
    heartbeat(director, console_keys=["of another"])
    assert "Refuses orders" in text_of(browser(viewer).get(path))


@pytest.mark.parametrize("path", ["/", "/directors/"])
def test_lists_say_all_that_is_wrong_with_it(viewer, signing_key, path):
    director = make_director("lb-1")
    heartbeat(director, console_keys=["of another"], problem="IPVS is missing")
    page = text_of(browser(viewer).get(path))
    assert "It does not believe this console's key" in page
    assert "IPVS is missing" in page


def test_the_page_of_one_that_refuses_orders_says_so_first(viewer, signing_key):
    director = make_director("lb-1")
    heartbeat(director, console_keys=["of another"])
    assert "It refuses every order" in page_of(viewer, director, "?part=facts")


def test_a_page_from_before_withdraws_no_invitation_by_cutting_off(admin, signing_key):
    director = make_director("lb-1")
    cut_off(admin, director)
    browser(admin).post(f"/directors/{director.uuid}/invite/")
    assert "was not enrolled" in text_of(cut_off(admin, director))
    assert Invitation.objects.filter(used_at=None).exists()


def test_one_whose_host_was_never_invited(admin):
    director = add_director(actor=admin, name="lb-1")
    page = page_of(admin, director)
    assert "Not enrolled" in page
    assert "Invite its host" in page


def test_an_invitation_can_be_withdrawn_and_who_is_enrolled_stays(admin, signing_key):
    director = make_director("lb-1")
    client = browser(admin)
    client.post(f"/directors/{director.uuid}/invite/")
    response = client.post(f"/directors/{director.uuid}/withdraw/", follow=True)
    assert "The invitation is withdrawn" in text_of(response)
    assert not Invitation.objects.exists()
    assert Identity.objects.filter(director=director).exists()
    again = client.post(f"/directors/{director.uuid}/withdraw/", follow=True)
    assert "No invitation of lb-1 is open" in text_of(again)


def test_cutting_off_twice_says_so(admin):
    director = make_director("lb-1")
    cut_off(admin, director)
    assert "was not enrolled" in text_of(cut_off(admin, director))
    assert "was not enrolled" in text_of(cut_off(admin, director, reason=""))


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
