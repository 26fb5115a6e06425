"""Security keys in a real browser: WebAuthn ceremonies with Chromium's virtual authenticator."""

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import expect

from tests.factories import PASSWORD, make_user
from tests.second_factors import SECRET, code_of, give_app
from tests.services.records import said

pytestmark = pytest.mark.django_db(transaction=True)

KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": False,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def vera():
    return make_user("viewer", "vera")


@pytest.fixture
def console(live_server):
    """The console's address, at a name: WebAuthn works at no bare address."""
    assert live_server.url.startswith("http://localhost:")
    return live_server.url


class Key:
    """A security key that is plugged into this page's browser."""

    def __init__(self, page):
        self.devtools = page.context.new_cdp_session(page)
        self.devtools.send("WebAuthn.enable")
        made = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
        self.id = made["authenticatorId"]

    def touched(self, yes):
        """Whether somebody touches it when it blinks."""
        told = {"authenticatorId": self.id, "enabled": yes}
        self.devtools.send("WebAuthn.setAutomaticPresenceSimulation", told)

    def pull(self):
        self.devtools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.id})


@pytest.fixture
def key(page):
    return Key(page)


def knock(page, console):
    """Name and password."""
    page.goto(f"{console}/sign-in/")
    page.locator("[name=username]").fill("vera")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def add_key(page, console, name):
    page.goto(f"{console}/account/second-factor/key/")
    page.get_by_label("Name of the key").fill(name)
    page.get_by_role("button", name="Add the key").click()


def test_a_key_is_added_and_opens_the_door(page, console, vera, key):
    knock(page, console)
    page.wait_for_url(f"{console}/")
    add_key(page, console, "blue key")
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    expect(page.locator("#codes li")).to_have_count(10)
    assert said("user.factor_added")[3] == {"second factor": "security key", "name": "blue key"}

    page.context.clear_cookies()
    knock(page, console)
    page.wait_for_url(f"{console}/sign-in/second-factor/")
    page.get_by_role("button", name="Use a security key").click()
    page.wait_for_url(f"{console}/")
    assert said("user.signed_in")[3] == {"with": ["password", "security key"]}
    assert Authenticator.objects.get(type="webauthn").last_used_at


def test_the_same_key_is_not_added_twice_and_another_is(page, console, vera, key):
    knock(page, console)
    page.wait_for_url(f"{console}/")
    add_key(page, console, "blue key")
    page.get_by_role("link", name="I have kept them").click()
    add_key(page, console, "the same")
    expect(page.get_by_text("This key is added already.")).to_be_visible()
    key.pull()
    Key(page)
    add_key(page, console, "Blue key")
    expect(page.get_by_text("You have a key “Blue key” already")).to_be_visible()
    add_key(page, console, "red key")
    page.wait_for_url(f"{console}/account/")
    expect(page.get_by_text("Red key")).to_be_visible()


def test_the_key_of_somebody_else_opens_nothing(page, console, vera, key):
    knock(page, console)
    page.wait_for_url(f"{console}/")
    add_key(page, console, "blue key")
    page.get_by_role("link", name="I have kept them").click()
    page.context.clear_cookies()
    key.pull()
    Key(page).touched(True)
    knock(page, console)
    page.get_by_role("button", name="Use a security key").click()
    expect(page.get_by_text("The key was not shown in time")).to_be_visible(timeout=70_000)
    page.goto(f"{console}/clusters/")
    page.wait_for_url("**/sign-in/**")


def test_an_answer_of_the_key_counts_once(page, console, vera, key):
    knock(page, console)
    page.wait_for_url(f"{console}/")
    add_key(page, console, "blue key")
    page.get_by_role("link", name="I have kept them").click()
    page.context.clear_cookies()
    sent = []
    page.on(
        "request",
        lambda request: (
            sent.append(request.post_data_json or {}) if request.method == "POST" else None
        ),
    )
    knock(page, console)
    page.get_by_role("button", name="Use a security key").click()
    page.wait_for_url(f"{console}/")
    (answer,) = [form["credential"] for form in sent if form.get("credential")]

    page.context.clear_cookies()
    knock(page, console)
    page.wait_for_url(f"{console}/sign-in/second-factor/")
    page.evaluate(
        """(answer) => {
            const form = document.querySelector("form[data-key-ask]");
            form.elements.credential.value = answer;
            form.submit();
        }""",
        answer,
    )
    expect(page.get_by_text("The security key was not accepted")).to_be_visible()


def test_a_key_shows_who_one_is_before_something_delicate(page, console, vera, key, settings):
    knock(page, console)
    page.wait_for_url(f"{console}/")
    add_key(page, console, "blue key")
    page.get_by_role("link", name="I have kept them").click()
    settings.CONFIRMED_FOR = 0
    page.goto(f"{console}/account/second-factor/app/")
    page.wait_for_url("**/account/confirm/**")
    settings.CONFIRMED_FOR = 600
    page.get_by_role("button", name="Use a security key").click()
    expect(page.get_by_role("heading", name="Add an authenticator app")).to_be_visible()


def test_a_key_is_removed(page, console, vera, key):
    knock(page, console)
    page.wait_for_url(f"{console}/")
    add_key(page, console, "blue key")
    page.get_by_role("link", name="I have kept them").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove blue key").click()
    expect(page.get_by_text("Removed.")).to_be_visible()
    assert not Authenticator.objects.exists()


def test_who_has_app_and_key_may_take_either(page, console, vera, key):
    give_app(vera)
    knock(page, console)
    page.get_by_label("Code").fill(code_of(SECRET))
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(f"{console}/")
    add_key(page, console, "blue key")
    page.wait_for_url(f"{console}/account/")
    page.context.clear_cookies()
    knock(page, console)
    page.get_by_role("button", name="Use a security key").click()
    page.wait_for_url(f"{console}/")
