"""“Is it you?”, asked at the provider of single sign-on; and two people in one browser."""

import pytest

from tests.services.records import newest, said
from tests.sign_on import come, way_back
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
DELICATE = "/account/second-factor/app/"
AGAIN = f"/sign-on/?next={DELICATE}&again="


@pytest.fixture
def long_since(client, provider):
    """Nils signed in by single sign-on an hour ago: something delicate asks who he is."""
    come(client)
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 3600
    session.save()
    return client


def is_confirmed(client):
    return client.get(DELICATE).status_code == 200


def test_who_has_no_password_shows_at_the_provider_who_they_are(long_since, provider):
    client = long_since
    path = client.get("/account/second-factor/app/")["Location"]
    page = client.get(path).content.decode()
    assert "Your password" not in page
    assert "/sign-on/?next=%2Faccount%2Fsecond-factor%2Fapp%2F&amp;again=" in page
    assert come(client, AGAIN)["Location"] == DELICATE
    asked = provider.asked()[-1]
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    assert is_confirmed(client)
    assert said("user.confirmed")[3] == {"with": "single sign-on"}


@pytest.mark.parametrize("fault", ["asks-nobody", "no-auth-time"])
def test_a_provider_that_does_not_ask_anew_confirms_nobody(long_since, provider, caplog, fault):
    provider.expect("s-1", "nils", ["ops"], fault)
    assert come(long_since, AGAIN).status_code == 503
    assert "did not ask anew" in caplog.text
    assert not is_confirmed(long_since)


def test_who_is_signed_in_is_not_sent_there_without_a_reason(long_since, provider):
    assert long_since.get("/sign-on/?next=/directors/")["Location"] == "/directors/"
    assert not is_confirmed(long_since)


def test_a_sign_in_that_was_begun_before_confirms_nobody(client, provider):
    """Begun in one tab, done in another, and then come back in the first: nobody was asked anew."""
    path = way_back(client)
    come(client)
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 3600
    session.save()
    assert client.get(path)["Location"] == "/"
    assert not is_confirmed(client)


def test_somebody_else_confirms_nothing(long_since, provider):
    provider.expect("s-9", "otto", ["ops"])
    answer = come(long_since, AGAIN)
    assert answer.status_code == 403
    assert "You are signed in here as nils" in text_of(answer)
    assert not is_confirmed(long_since)
    assert "You are nils there" in text_of(long_since.get("/account/"))


def test_somebody_else_is_not_signed_in_over_who_is(client, provider):
    provider.expect("s-9", "otto", ["ops"])
    begun = way_back(client)  # Otto's answer is on its way, when Nils signs in
    provider.expect("s-1", "nils", ["ops"])
    come(client)
    answer = client.get(begun)
    assert answer.status_code == 403
    assert "Sign out first" in text_of(answer)
    assert "You are nils there" in text_of(client.get("/account/"))


def test_who_signed_out_meanwhile_confirms_nothing(long_since, provider):
    path = way_back(long_since, AGAIN)
    long_since.post("/sign-out/")
    assert long_since.get(path).status_code == 403
    assert newest("user.confirmed") is None
