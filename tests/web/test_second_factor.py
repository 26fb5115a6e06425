"""The second factor at the door, on one's own pages, and asked by a role."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from apps.accounts import services
from apps.audit.models import AuditRecord
from apps.changes.models import Change
from tests.factories import PASSWORD, make_user
from tests.second_factors import code_of, give_app, wrong_code
from tests.services.records import newest, said
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db

DOOR, FACTOR = "/sign-in/", "/sign-in/second-factor/"


def knock(client, name="vera", **more):
    """Name and password, as everybody."""
    return client.post(DOOR, {"username": name, "password": PASSWORD} | more)


def test_the_password_alone_does_not_open_the_door(client, viewer):
    give_app(viewer)
    assert knock(client)["Location"] == FACTOR
    assert client.get("/clusters/").status_code == 302
    assert newest("user.signed_in") is None


def test_the_code_of_the_app_opens_it_and_leads_where_one_wanted_to_go(client, viewer):
    give_app(viewer)
    knock(client, next="/directors/")
    page = client.get(FACTOR)
    assert "You are signing in as vera" in text_of(page)
    assert client.post(FACTOR, {"code": code_of()})["Location"] == "/directors/"
    assert client.get("/directors/").status_code == 200
    assert said("user.signed_in")[3] == {"with": ["password", "authenticator app"]}


def test_a_recovery_code_opens_it_once(client, viewer):
    code = give_app(viewer)[0]
    knock(client)
    assert client.post(FACTOR, {"code": f"{code[:5]} {code[5:]}"})["Location"] == "/"
    assert said("user.signed_in")[3] == {"with": ["password", "recovery code"]}
    again = Client()
    knock(again)
    assert "used already" in error_beside(again.post(FACTOR, {"code": code}), "code")


def test_a_code_that_opened_one_door_opens_no_second(client, viewer):
    give_app(viewer)
    knock(client)
    code = code_of()
    client.post(FACTOR, {"code": code})
    thief = Client()
    knock(thief)
    assert "used already" in error_beside(thief.post(FACTOR, {"code": code}), "code")
    assert thief.get("/").status_code == 302


@pytest.mark.parametrize(
    "data",
    [{}, {"code": ""}, {"credential": "{}"}, {"credential": "no json"}, {"credential": "[1]"}],
)
def test_what_is_no_code_and_no_key_is_refused(client, viewer, data):
    give_app(viewer)
    knock(client)
    response = client.post(FACTOR, data)
    assert response.status_code == 200
    assert error_beside(response, "code")
    assert client.get("/").status_code == 302


def test_nobody_comes_to_the_second_factor_without_the_password(client, viewer):
    give_app(viewer)
    assert client.get(FACTOR)["Location"] == DOOR
    assert client.post(FACTOR, {"code": code_of()})["Location"] == DOOR
    assert client.get("/").status_code == 302


def test_one_can_turn_back_and_sign_in_as_somebody_else(client, viewer, operator):
    give_app(viewer)
    knock(client)
    assert client.post("/sign-in/turn-back/")["Location"] == DOOR
    assert client.get(FACTOR)["Location"] == DOOR
    assert knock(client, "olga")["Location"] == "/"


def test_guessing_codes_is_locked_out_from_every_address(client, viewer, settings):
    settings.AXES_FAILURE_LIMIT = 3
    give_app(viewer)
    for last in range(3):
        thief = Client(REMOTE_ADDR=f"192.0.2.{last + 1}")
        knock(thief)
        response = thief.post(FACTOR, {"code": wrong_code()})
    assert response.status_code == 429
    assert "The second factor of vera is locked for 15 minutes" in text_of(response)
    knock(client)
    assert client.post(FACTOR, {"code": code_of()}).status_code == 429, "the right one too"
    assert client.get("/").status_code == 302
    assert said("user.locked_out")[3] == {"at": "second factor"}
    assert AuditRecord.objects.filter(action="user.locked_out").count() == 1
    assert AuditRecord.objects.filter(action="user.sign_in_failed").count() == 3


@pytest.mark.parametrize("name", ["vera (second factor)", " second factor of {0.pk}", "vera"])
def test_no_name_typed_at_the_door_locks_somebodys_codes(client, viewer, settings, name):
    settings.AXES_FAILURE_LIMIT = 3
    give_app(viewer)
    for last in range(4):
        stranger = Client(REMOTE_ADDR=f"192.0.2.{last + 1}")
        stranger.post(DOOR, {"username": name.format(viewer), "password": "wrong"})
    knock(client)
    assert client.post(FACTOR, {"code": code_of()})["Location"] == "/"
    assert newest("user.locked_out") is None


def test_a_typed_name_that_looks_like_codes_is_told_of_as_a_name(client, viewer, settings):
    settings.AXES_FAILURE_LIMIT = 2
    for _ in range(2):
        page = client.post(DOOR, {"username": "vera (second factor)", "password": "wrong"})
    assert page.status_code == 429
    assert "Too many wrong passwords" in text_of(page)
    assert newest("user.sign_in_failed") is None


def test_wrong_answers_of_keys_are_counted_too(client, viewer, settings):
    settings.AXES_FAILURE_LIMIT = 3
    give_app(viewer)
    knock(client)
    for _ in range(3):
        response = client.post(FACTOR, {"credential": "{}"})
    assert response.status_code == 429


def test_wrong_passwords_don_t_lock_codes_nor_codes_passwords(client, viewer, settings):
    settings.AXES_FAILURE_LIMIT = 3
    give_app(viewer)
    for _ in range(2):
        client.post(DOOR, {"username": "vera", "password": "wrong"})
    knock(client)
    for _ in range(2):
        client.post(FACTOR, {"code": wrong_code()})
    assert client.post(FACTOR, {"code": code_of()})["Location"] == "/"


def test_the_right_code_counts_from_nothing_again(client, viewer, settings):
    settings.AXES_FAILURE_LIMIT = 3
    give_app(viewer)
    for ahead in (0, 1):
        person = Client()
        knock(person)
        for _ in range(2):
            person.post(FACTOR, {"code": wrong_code()})
        assert person.post(FACTOR, {"code": code_of(ahead=ahead)})["Location"] == "/"


def test_no_code_is_kept_by_who_counts_the_failures(client, viewer):
    from axes.models import AccessAttempt

    give_app(viewer)
    knock(client)
    typed = wrong_code()
    client.post(FACTOR, {"code": typed})
    kept = " ".join(str(row) for row in AccessAttempt.objects.values_list())
    assert AccessAttempt.objects.exists()
    assert typed not in kept


def test_failed_sign_ins_are_recorded_and_names_that_nobody_has_are_not(client, viewer):
    client.post(DOOR, {"username": "vera", "password": "wrong"}, REMOTE_ADDR="192.0.2.9")
    client.post(DOOR, {"username": "my-secret-password", "password": "x"})
    (failed,) = AuditRecord.objects.filter(action="user.sign_in_failed")
    assert (failed.actor_name, failed.object_name) == ("not signed in", "vera")
    assert (failed.after, failed.address) == ({"at": "password"}, "192.0.2.9")


def test_a_lock_out_is_recorded_once(client, viewer, settings):
    settings.AXES_FAILURE_LIMIT = 3
    for _ in range(5):
        client.post(DOOR, {"username": "vera", "password": "wrong"})
    assert AuditRecord.objects.filter(action="user.locked_out").count() == 1
    assert AuditRecord.objects.filter(action="user.sign_in_failed").count() == 3
    assert said("user.locked_out")[3] == {"at": "password"}


# --- adding and removing --------------------------------------------------------------------------


def secret_of(page):
    return re.search(r'id="secret">([A-Z2-7]+)<', page.content.decode())[1]


def test_an_app_is_added_by_its_picture_and_code(viewer):
    client = browser(viewer)
    page = client.get("/account/second-factor/app/")
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()
    secret = secret_of(page)
    assert secret_of(client.get("/account/second-factor/app/")) == secret, "a reload keeps it"
    codes = client.post("/account/second-factor/app/", {"code": code_of(secret)})
    shown = re.findall(r"<li>(\d{5} \d{5})", codes.content.decode())
    assert len(shown) == 10
    assert "no-store" in codes["Cache-Control"]
    account = text_of(client.get("/account/"))
    assert "Authenticator app" in account and "10 of 10 left" in account
    assert shown[0] not in account, "they are shown once"


def test_a_wrong_code_adds_no_app(viewer):
    client = browser(viewer)
    secret = secret_of(client.get("/account/second-factor/app/"))
    page = client.post("/account/second-factor/app/", {"code": wrong_code(secret)})
    assert page.status_code == 422
    assert "not what the app shows" in error_beside(page, "code")
    assert secret_of(page) == secret


def test_a_key_that_the_browser_did_not_make_is_refused(viewer):
    client = browser(viewer)
    client.get("/account/second-factor/key/")
    for credential in ("", "{}", "no json", '{"response": {}}'):
        page = client.post(
            "/account/second-factor/key/", {"name": "blue", "credential": credential}
        )
        assert page.status_code == 422
        assert "could not be added" in error_beside(page, "name")
    assert not Authenticator.objects.exists()


def test_who_one_is_must_be_shown_before_factors_are_changed(viewer, settings):
    settings.CONFIRMED_FOR = 0
    give_app(viewer)
    client = browser(viewer)
    app = Authenticator.objects.get(type="totp")
    for path in ("/account/second-factor/app/", "/account/second-factor/key/"):
        answer = client.get(path)
        assert answer["Location"].startswith("/account/confirm/?next=%2Faccount%2F")
    for path in (f"/account/second-factor/{app.pk}/remove/", "/account/second-factor/codes/"):
        assert client.post(path)["Location"].startswith("/account/confirm/")
    assert Authenticator.objects.filter(pk=app.pk).exists()
    assert newest("user.factor_removed") is None


def long_ago(client):
    """The client's person has shown who they are, but some time ago."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    return client


def test_the_password_shows_it(viewer):
    client = long_ago(browser(viewer))
    path = client.get("/account/second-factor/app/")["Location"]
    wrong = client.post(path, {"password": "wrong", "next": "/account/second-factor/app/"})
    assert error_beside(wrong, "password") == "That is not your password."
    right = {"password": PASSWORD, "next": "/account/second-factor/app/"}
    assert client.post(path, right)["Location"] == "/account/second-factor/app/"
    assert client.get("/account/second-factor/app/").status_code == 200
    assert said("user.confirmed") == ("vera", "user vera", None, {"with": "password"}, "", None)


def test_a_code_shows_it(viewer):
    give_app(viewer)
    client = long_ago(browser(viewer))
    assert client.post("/account/confirm/", {"code": wrong_code()}).status_code == 422
    right = {"code": code_of(), "next": "/account/second-factor/key/"}
    assert client.post("/account/confirm/", right)["Location"] == "/account/second-factor/key/"
    assert client.get("/account/second-factor/key/").status_code == 200
    assert said("user.confirmed")[3] == {"with": "authenticator app"}


def test_guessing_codes_there_is_locked_out(viewer, settings):
    settings.AXES_FAILURE_LIMIT = 3
    give_app(viewer)
    client = long_ago(browser(viewer))
    for _ in range(3):
        response = client.post("/account/confirm/", {"code": wrong_code()})
    assert response.status_code == 429
    assert client.post("/account/confirm/", {"code": code_of()}).status_code == 429


def test_showing_it_leads_to_no_other_site(viewer):
    client = long_ago(browser(viewer))
    data = {"password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/account/confirm/", data)["Location"] == "/"


def test_guessing_the_password_there_is_locked_out(viewer, settings):
    settings.AXES_FAILURE_LIMIT = 3
    client = long_ago(browser(viewer))
    for _ in range(3):
        response = client.post("/account/confirm/", {"password": "wrong"})
    assert response.status_code == 429
    assert client.post("/account/confirm/", {"password": PASSWORD}).status_code == 429


def test_a_factor_is_removed_and_codes_are_made_anew(viewer):
    old = give_app(viewer)
    client = browser(viewer)
    page = client.post("/account/second-factor/codes/")
    assert f"{old[0][:5]} {old[0][5:]}" not in page.content.decode()
    app = Authenticator.objects.get(type="totp")
    assert client.post(f"/account/second-factor/{app.pk}/remove/")["Location"] == "/account/"
    assert not Authenticator.objects.exists()


def test_a_factor_of_somebody_else_is_not_found(viewer, operator):
    give_app(operator)
    app = Authenticator.objects.get(type="totp")
    assert browser(viewer).post(f"/account/second-factor/{app.pk}/remove/").status_code == 404


# --- asked by a role ------------------------------------------------------------------------------


@pytest.fixture
def asked(admin):
    services.ask_second_factor(actor=admin, role="operator", asked=True)


def test_without_the_second_factor_of_the_role_only_its_set_up_is_open(operator, asked, cluster):
    client = browser(operator)
    for path in ("/", "/clusters/", "/clusters/web/", "/changes/", "/account/", "/waiting/"):
        assert client.get(path)["Location"] == "/account/second-factor/"
    for path in ("/account/second-factor/", "/account/second-factor/app/", "/account/confirm/"):
        page = client.get(path)
        assert page.status_code == 200
        assert "/clusters/" not in page.content.decode()
    assert client.get("/directors/", headers={"HX-Request": "true"}).status_code == 403
    assert client.post("/sign-out/").status_code == 302


def test_what_was_sent_before_the_set_up_can_be_sent_again(operator, asked, cluster):
    client = browser(operator)
    data = {"title": "Add <mail>", "reason": "It moves", "code": "123456"}
    page = client.post("/clusters/web/changes/new/", data)
    assert page.status_code == 403
    assert "You need a second factor now" in text_of(page)
    assert 'name="title" value="Add &lt;mail&gt;"' in page.text
    assert "123456" not in page.text
    assert not Change.objects.exists()


def test_setting_it_up_opens_the_rest(operator, asked):
    client = browser(operator)
    secret = secret_of(client.get("/account/second-factor/app/"))
    assert client.post("/account/second-factor/app/", {"code": code_of(secret)}).status_code == 200
    assert client.get("/clusters/").status_code == 200
    assert client.get("/account/second-factor/")["Location"] == "/account/"


def test_the_page_of_roles_asks_and_no_longer_asks(admin, operator):
    client = browser(admin)
    page = text_of(client.get("/people/roles/"))
    assert "Operator" in page and "Submit changes" in page
    assert client.post("/people/roles/", {"role": "operator", "asked": "yes"}).status_code == 302
    assert browser(operator).get("/")["Location"] == "/account/second-factor/"
    client.post("/people/roles/", {"role": "operator", "asked": "no"})
    assert browser(operator).get("/").status_code == 200


def test_an_administrator_without_one_can_not_ask_it_of_administrators(admin):
    client = browser(admin)
    page = client.post("/people/roles/", {"role": "admin", "asked": "yes"}, follow=True)
    assert "set up your own second factor first" in text_of(page)


# --- for administrators ---------------------------------------------------------------------------


def test_a_lost_second_factor_is_reset_with_a_reason(admin, viewer):
    give_app(viewer)
    lost = browser(viewer)
    lost.get("/")
    client = browser(admin)
    assert "Authenticator app" in text_of(client.get(f"/people/{viewer.pk}/"))
    path = f"/people/{viewer.pk}/second-factor/"
    assert "missing" in error_beside(client.post(path, {"reason": ""}), "reason")
    done = client.post(path, {"reason": "Phone lost"}, follow=True)
    assert "has no second factor now" in text_of(done)
    assert lost.get("/").status_code == 302, "the session ended"
    assert said("user.second_factor_reset")[4] == "Phone lost"
    assert knock(Client())["Location"] == "/"


def test_a_reset_asks_who_one_is(admin, viewer, settings):
    give_app(viewer)
    settings.CONFIRMED_FOR = 0
    path = f"/people/{viewer.pk}/second-factor/"
    answer = browser(admin).post(path, {"reason": "Phone lost"})
    assert answer["Location"].startswith("/account/confirm/")
    assert Authenticator.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "operator", "auditor"])
def test_others_reset_nothing(role, viewer):
    give_app(viewer)
    client = browser(make_user(role))
    for path in ("second-factor", "sign-on", "sessions"):
        assert client.post(f"/people/{viewer.pk}/{path}/", {"reason": "x"}).status_code == 403
    for path in ("/people/roles/", "/people/sign-on/"):
        assert client.get(path).status_code == 403
        assert client.post(path, {"role": "viewer", "asked": "yes"}).status_code == 403
