"""Single sign-on of somebody who is signed in: to show once more who they are, and nothing else."""

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditRecord
from tests.factories import PASSWORD, make_user
from tests.second_factors import give_app
from tests.services.records import said
from tests.sign_on import NAME, come, way_back
from tests.web.conftest import browser, text_of

pytestmark = pytest.mark.django_db

DELICATE = "/account/second-factor/app/"
AGAIN = f"/sign-on/?next={DELICATE}&again="


def signed_in_long_ago(client):
    """Nils came by single sign-on an hour ago."""
    come(client)
    session = client.session
    for shown in session["account_authentication_methods"]:
        shown.update({name: shown[name] - 3600 for name in ("at", "auth_time") if name in shown})
    session.save()
    return session["account_authentication_methods"]


def is_confirmed(client):
    return client.get(DELICATE).status_code == 200


def acts(name):
    return AuditRecord.objects.filter(action=name).count()


def test_the_provider_is_told_to_ask_and_its_answer_shows_who_one_is(client, provider):
    signed_in_long_ago(client)
    key = client.session.session_key
    assert not is_confirmed(client)
    provider.expect("s-1", "nils", ["ops"], "knows-them")
    assert come(client, AGAIN)["Location"] == DELICATE
    asked = provider.asked()[-1]
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    assert is_confirmed(client)
    assert said("user.confirmed")[3] == {"with": "single sign-on"}
    assert acts("user.signed_in") == 1, "nobody signed in once more"
    assert client.session.session_key == key


@pytest.mark.parametrize("fault", ["asks-nobody", "no-auth-time"])
def test_a_provider_that_did_not_ask_shows_nothing(client, provider, fault):
    signed_in_long_ago(client)
    provider.expect("s-1", "nils", ["ops"], fault)
    answer = come(client, AGAIN)
    assert answer.status_code == 403
    assert f"{NAME.capitalize()} did not ask you anew" in text_of(answer)
    assert not is_confirmed(client)
    assert acts("user.confirmed") == 0
    assert client.get("/").status_code == 200, "the session is what it was"


def test_a_way_there_that_was_not_to_ask_again_shows_nothing(client, provider):
    shown = signed_in_long_ago(client)
    provider.expect("s-1", "nils", ["ops"])
    assert client.get(f"/sign-on/?next={DELICATE}")["Location"] == DELICATE
    assert provider.asked() == []
    assert client.session["account_authentication_methods"] == shown
    assert not is_confirmed(client)


def test_signing_in_where_the_provider_asked_nobody_is_not_yet_enough(client, provider):
    provider.expect("s-1", "nils", ["ops"], "knows-them")
    come(client)
    assert client.get("/").status_code == 200
    assert not is_confirmed(client)
    come(client, AGAIN)
    assert is_confirmed(client)


def test_whose_second_factor_is_not_shown_yet_has_shown_nothing_either(client, provider):
    """A round trip that stops before the second factor must leave the session as it was."""
    shown = signed_in_long_ago(client)
    give_app(User.objects.get(username="nils"))
    provider.expect("s-1", "nils", ["ops"], "knows-them")
    client.get(f"/sign-on/?next={DELICATE}")
    assert client.session["account_authentication_methods"] == shown
    assert "account_login" not in client.session
    assert not is_confirmed(client)


def test_who_is_somebody_else_at_the_provider_shows_nothing(client, provider):
    shown = signed_in_long_ago(client)
    provider.expect("s-2", "berta", ["ops"])
    answer = come(client, AGAIN)
    assert answer.status_code == 403
    assert "as somebody else than nils" in text_of(answer)
    assert client.session["account_authentication_methods"] == shown
    assert not User.objects.filter(username="berta").exists(), "nobody came in"
    assert "nils" in text_of(client.get("/account/"))


def test_a_password_meanwhile_and_then_somebody_else_by_single_sign_on_are_not_mixed(
    client, provider, viewer
):
    """Two tabs of one browser: the way to the provider begins, then Vera signs in by her password."""
    back = way_back(client)
    client.post("/sign-in/", {"username": "vera", "password": PASSWORD})
    shown = client.session["account_authentication_methods"]
    answer = client.get(back)
    assert answer.status_code == 403
    assert "You are signed in as vera here: sign out first" in text_of(answer)
    assert client.session["account_authentication_methods"] == shown
    assert client.session["_auth_user_id"] == str(viewer.pk)
    assert acts("user.signed_in") == 1
    assert not User.objects.filter(username="nils").exists()


def test_two_tabs_of_the_same_person_sign_in_once(client, provider):
    one, other = way_back(client), way_back(client)
    assert client.get(one)["Location"] == "/"
    assert client.get(other)["Location"] == "/"
    assert acts("user.signed_in") == 1


def test_a_half_done_sign_in_of_somebody_else_leaves_nothing(client, provider):
    vera = make_user("viewer", "vera")
    give_app(vera)
    client.post("/sign-in/", {"username": "vera", "password": PASSWORD})
    assert "account_login" in client.session
    come(client)
    assert said("user.signed_in")[3] == {"with": ["single sign-on"]}
    assert "account_login" not in client.session


def test_showing_it_after_the_session_ended_is_a_sign_in(provider, viewer):
    client = browser(viewer)
    client.session.flush()
    assert come(client, AGAIN)["Location"] == DELICATE
    assert said("user.signed_in")[3] == {"with": ["single sign-on"]}
    assert acts("user.confirmed") == 0
