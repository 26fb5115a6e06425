"""Single sign-on against a provider's own process, over HTTP."""

import pytest
from django.test import Client

from apps.accounts import services
from apps.accounts.models import User
from apps.accounts.selectors import roles_of
from tests.factories import PASSWORD, make_user
from tests.second_factors import code_of, give_app
from tests.services.records import newest, said
from tests.sign_on import NAME, come, way_back
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db


def test_who_comes_by_single_sign_on_gets_an_account_and_the_roles_of_their_groups(
    client, provider
):
    page = client.get("/sign-in/?next=/directors/")
    assert f"Sign in with {NAME}" in text_of(page)
    answer = come(client, "/sign-on/?next=/directors/")
    assert answer["Location"] == "/directors/"
    assert client.get("/directors/").status_code == 200
    nils = User.objects.get(username="nils")
    assert (nils.get_full_name(), roles_of(nils)) == ("Nils", ["operator everywhere"])
    assert said("user.signed_in")[3] == {"with": ["single sign-on"]}
    assert "You are nils there" in text_of(client.get("/account/"))


def test_the_console_asks_with_pkce_state_and_nonce(client, provider):
    come(client)
    (asked,) = provider.asked()
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) >= 43
    assert len(asked["nonce"]) >= 16 and len(asked["state"]) >= 16
    assert asked["response_type"] == "code"
    assert set(asked["scope"].split()) == {"openid", "profile"}


def test_an_answer_counts_once_and_in_the_browser_that_asked(client, provider):
    path = way_back(client)
    stranger = Client().get(path)
    assert stranger.status_code == 403
    assert "began in another browser" in text_of(stranger)
    assert client.get(path).status_code == 302
    client.post("/sign-out/")
    assert client.get(path).status_code == 403
    assert client.get("/").status_code == 302


def test_a_state_that_nobody_gave_is_refused(client, provider):
    assert client.get("/sign-on/callback/?code=x&state=made-up").status_code == 403
    assert client.get("/sign-on/callback/").status_code == 403


@pytest.mark.parametrize(
    ("fault", "logged"),
    [
        ("wrong-nonce", "answers another request"),
        ("wrong-key", "InvalidSignatureError"),
        ("wrong-issuer", "InvalidIssuerError"),
        ("wrong-audience", "InvalidAudienceError"),
        ("expired", "ExpiredSignatureError"),
        ("another-person", "about two people"),
    ],
)
def test_an_answer_that_is_not_right_in_every_part_is_refused(
    client, provider, caplog, fault, logged
):
    provider.expect("s-1", "nils", ["ops"], fault)
    answer = come(client)
    assert answer.status_code == 503
    assert logged in caplog.text
    assert client.get("/").status_code == 302
    assert not User.objects.filter(username="nils").exists()


def test_another_provider_at_the_same_address_is_refused(client, provider):
    provider.expect("s-1", "nils", ["ops"], "other-name")
    assert client.get("/sign-on/").status_code == 503


def test_whom_the_provider_turns_away_is_told_so(client, provider):
    provider.expect("s-1", "nils", ["ops"], "deny")
    answer = come(client)
    assert answer.status_code == 403
    assert "did not let you in" in text_of(answer)


def test_without_a_group_that_gives_a_role_one_may_not_come_in(client, provider):
    provider.expect("s-2", "sven", ["lunch"])
    answer = come(client)
    assert answer.status_code == 403
    assert "None of your groups gives you a role here." in text_of(answer)
    assert "by the subject s-2" in text_of(answer)
    assert client.get("/").status_code == 302
    assert not User.objects.filter(username="sven").exists()


def test_the_name_of_a_local_account_opens_it_to_nobody_until_it_is_linked(
    client, provider, viewer, admin
):
    provider.expect("s-7", "vera", ["ops"])
    refused = come(client)
    assert refused.status_code == 403
    assert "an administrator can link it" in text_of(refused)
    path = f"/people/{viewer.pk}/sign-on/"
    manager = browser(admin)
    assert "belongs" not in text_of(manager.get(path))
    assert manager.post(path, {"subject": "s-7"})["Location"] == f"/people/{viewer.pk}/"
    assert come(client)["Location"] == "/"
    vera = User.objects.get(username="vera")
    assert roles_of(vera) == ["viewer everywhere", "operator everywhere"]


def test_unlinking_ends_the_session_and_the_roles_from_there(client, provider, admin):
    come(client)
    nils = User.objects.get(username="nils")
    browser(admin).post(f"/people/{nils.pk}/sign-on/")
    assert client.get("/").status_code == 302
    assert not nils.grants.exists()
    assert come(client).status_code == 403


def test_roles_follow_the_groups_at_each_sign_in(client, provider, admin):
    come(client)
    provider.expect("s-1", "nils", ["lunch"])
    answer = come(Client())
    assert answer.status_code == 403
    assert "any more" in text_of(answer)
    assert said("user.role_taken")[2] == {
        "role": "operator everywhere",
        "source": "from single sign-on",
    }
    assert said("user.sign_in_failed")[3] == {"at": "single sign-on"}
    assert client.get("/clusters/").status_code == 403, "the open session has no rights any more"


def test_a_switched_off_account_stays_out(client, provider, admin):
    come(client)
    services.set_active(actor=admin, user=User.objects.get(username="nils"), active=False)
    answer = come(Client())
    assert answer.status_code == 403
    assert "switched off" in text_of(answer)


def test_a_second_factor_of_ones_own_is_asked_for_too(client, provider):
    come(client)
    give_app(User.objects.get(username="nils"))
    again = Client()
    assert come(again, "/sign-on/?next=/changes/")["Location"] == "/sign-in/second-factor/"
    assert again.get("/").status_code == 302
    answer = again.post("/sign-in/second-factor/", {"code": code_of()})
    assert answer["Location"] == "/changes/"
    assert said("user.signed_in")[3] == {"with": ["single sign-on", "authenticator app"]}


@pytest.mark.parametrize("trusts", [False, True])
def test_whether_the_providers_second_factor_counts_is_a_setting(
    client, provider, admin, settings, trusts
):
    settings.OIDC_TRUSTS_SECOND_FACTOR = trusts
    services.ask_second_factor(actor=admin, role="operator", asked=True)
    come(client)
    answer = client.get("/clusters/")
    assert answer.status_code == (200 if trusts else 302)
    if not trusts:
        assert answer["Location"] == "/account/second-factor/"


def test_who_has_no_password_shows_at_the_provider_who_they_are(client, provider, settings):
    come(client)
    session = client.session
    for name in ("at", "auth_time"):
        session["account_authentication_methods"][0][name] -= 3600
    session.save()
    path = client.get("/account/second-factor/app/")["Location"]
    page = client.get(path).content.decode()
    assert "Your password" not in page
    assert "/sign-on/?next=%2Faccount%2Fsecond-factor%2Fapp%2F&amp;again=" in page
    answer = come(client, "/sign-on/?next=/account/second-factor/app/&again=")
    assert answer["Location"] == "/account/second-factor/app/"
    assert provider.asked()[-1]["prompt"] == "login"
    assert client.get("/account/second-factor/app/").status_code == 200


def test_who_has_no_password_gets_none_by_themselves(client, provider):
    come(client)
    assert client.get("/account/password/").status_code == 403
    assert "Change password" not in text_of(client.get("/account/"))


def test_it_leads_to_no_other_site(client, provider):
    assert come(client, "/sign-on/?next=https://evil.example/")["Location"] == "/"


def test_groups_on_a_path_as_keycloak_has_them(client, provider, settings):
    settings.OIDC_GROUPS_CLAIM = "realm_access.roles"
    settings.OIDC_USERNAME_CLAIM = "email"
    more = {"email": "nils@example.net", "realm_access": {"roles": ["ops", 7, None]}}
    provider.expect("s-1", "ignored", "ignored", **more)
    come(client)
    assert roles_of(User.objects.get(username="nils@example.net")) == ["operator everywhere"]


def test_groups_that_are_no_list_give_nothing(client, provider):
    provider.expect("s-1", "nils", {"ops": True})
    assert come(client).status_code == 403


def test_while_the_provider_is_away_a_page_says_so_and_passwords_still_work(
    client, provider, viewer
):
    back = way_back(client)
    provider.stop()
    try:
        for path in ("/sign-on/", back):
            answer = client.get(path)
            assert answer.status_code == 503
            assert f"{NAME.capitalize()} is away" in text_of(answer)
            assert "/sign-in/?local" in answer.content.decode()
        data = {"username": "vera", "password": PASSWORD}
        assert client.post("/sign-in/", data)["Location"] == "/"
    finally:
        provider.start()


def test_without_a_provider_there_is_nothing_of_it(client):
    assert "or" not in text_of(client.get("/sign-in/")).split()
    assert client.get("/sign-on/").status_code == 404
    assert client.get("/sign-on/callback/").status_code == 404


# --- LVS_LOCAL_SIGN_IN=no -------------------------------------------------------------------------


def test_passwords_can_be_kept_for_administrators(client, provider, settings, viewer):
    settings.LOCAL_SIGN_IN = False
    page = client.get("/sign-in/")
    assert 'name="password"' not in page.content.decode()
    assert 'name="password"' in client.get("/sign-in/?local").content.decode()
    refused = client.post("/sign-in/", {"username": "vera", "password": PASSWORD})
    assert f"Passwords are for administrators only here: use {NAME}." in text_of(refused)
    assert client.get("/").status_code == 302
    assert said("user.sign_in_failed")[3] == {"at": "password, which is for administrators only"}
    assert client.post("/sign-in/", {"username": "anna", "password": PASSWORD})["Location"] == "/"


def test_an_administrator_of_one_cluster_is_none_of_those(client, provider, settings, cluster):
    settings.LOCAL_SIGN_IN = False
    olga = make_user("operator", "olga")
    services.grant_role(actor=None, user=olga, role="admin", cluster_id=cluster.pk)
    client.post("/sign-in/", {"username": "olga", "password": PASSWORD})
    assert client.get("/").status_code == 302


# --- the page of groups ---------------------------------------------------------------------------


def test_an_administrator_says_which_groups_give_which_roles(admin, provider, cluster):
    client = browser(admin)
    page = text_of(client.get("/people/sign-on/"))
    assert provider.issuer in page and "http://testserver/sign-on/callback/" in page
    data = {"act": "add", "group": "leads", "role": "approver", "where": str(cluster.pk)}
    assert client.post("/people/sign-on/", data).status_code == 302
    page = client.get("/people/sign-on/")
    assert "leads approver in web" in text_of(page)
    again = client.post("/people/sign-on/", data)
    assert "already" in error_beside(again, "group")
    mapping = newest("group.mapped").object_id
    client.post("/people/sign-on/", {"act": "remove", "mapping": mapping})
    assert "leads" not in text_of(client.get("/people/sign-on/")).split()


def test_which_groups_give_roles_is_asked_of_who_has_shown_lately_who_they_are(admin, settings):
    settings.CONFIRMED_FOR = 0
    data = {"act": "add", "group": "leads", "role": "admin", "where": "0"}
    answer = browser(admin).post("/people/sign-on/", data)
    assert answer["Location"].startswith("/account/confirm/")
    assert newest("group.mapped") is None
