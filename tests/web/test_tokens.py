"""Tokens of the API: making, seeing, revoking."""

import html
import re

import pytest
from django.test import Client

from apps.accounts.models import ApiToken
from apps.accounts.selectors import somebody_with
from tests.factories import make_token, make_user_of
from tests.web.conftest import BACKEND, browser, error_beside, text_of

pytestmark = pytest.mark.django_db

NEW = {"name": "deploy", "role": "operator", "where": "0", "life": "30"}


def post(user, **fields):
    return browser(user).post("/account/tokens/new/", NEW | fields)


def secret_in(response):
    return re.search(r'<pre id="secret">(.*?)</pre>', response.content.decode())[1]


def test_a_token_is_made_and_shown_once(operator, cluster):
    response = post(operator, where=str(cluster.pk))
    secret = html.unescape(secret_in(response))
    made = ApiToken.objects.get()
    assert somebody_with(secret) == operator
    assert (made.name, made.role, made.cluster) == ("deploy", "operator", cluster)
    assert "no-store" in response["Cache-Control"]
    page = browser(operator).get("/account/tokens/")
    assert secret not in page.content.decode()
    assert f"Operator in web, begins with lvs_{made.prefix}" in text_of(page)
    assert "never used" in text_of(page)


def test_only_roles_and_places_of_ones_own_are_offered(cluster):
    page = text_of(browser(make_user_of(cluster, "approver")).get("/account/tokens/new/"))
    assert "approver: " in page
    assert "viewer: " in page
    assert "operator: " not in page
    assert "everywhere" not in page
    assert "in web" in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"role": "admin"}, "role"),
        ({"where": "999"}, "where"),
        ({"life": "9999"}, "life"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(operator, wrong, field):
    response = post(operator, **wrong)
    assert response.status_code == 422
    assert error_beside(response, field)
    assert not ApiToken.objects.exists()


def test_a_name_that_is_taken_is_said_beside_it(operator):
    post(operator)
    response = post(operator)
    assert response.status_code == 422
    assert "already" in error_beside(response, "name")


def test_a_role_that_one_has_elsewhere_only_is_said_beside_it(operator, cluster):
    from apps.accounts.services import grant_role

    grant_role(actor=None, user=operator, role="approver", cluster_id=cluster.pk)
    assert "You may not do all" in error_beside(post(operator, role="approver"), "role")
    assert post(operator, role="approver", where=str(cluster.pk)).status_code == 200


def test_who_has_not_shown_lately_who_they_are_is_asked_first(operator):
    client = Client()
    client.force_login(operator, backend=BACKEND)
    response = client.get("/account/tokens/new/")
    assert response["Location"].startswith("/account/confirm/")
    kept = client.post("/account/tokens/new/", NEW)
    assert kept.status_code == 403
    assert f'value="{NEW["name"]}"' in kept.content.decode(), "what was typed is there still"
    assert not ApiToken.objects.exists()


def test_ones_own_token_is_revoked_and_nobody_elses(operator, viewer):
    made, text = make_token(operator, "operator")
    assert browser(viewer).post("/account/tokens/revoke/", {"token": made.pk}).status_code == 404
    assert somebody_with(text) == operator
    assert browser(operator).post("/account/tokens/revoke/", {"token": made.pk}).status_code == 302
    assert somebody_with(text) is None
    assert "revoked" in text_of(browser(operator).get("/account/tokens/"))


def test_an_administrator_sees_and_revokes_the_tokens_of_a_person(admin, operator):
    made, text = make_token(operator, "operator", name="deploy")
    assert "deploy Operator everywhere" in text_of(browser(admin).get(f"/people/{operator.pk}/"))
    path = f"/people/{operator.pk}/tokens/"
    assert browser(operator).post(path, {"token": made.pk}).status_code == 403
    assert browser(admin).post(path, {"token": made.pk}).status_code == 302
    assert somebody_with(text) is None


def test_an_administrator_of_one_cluster_revokes_tokens_for_it_alone(operator, cluster):
    chief = browser(make_user_of(cluster, "admin"))
    here, _ = make_token(operator, "operator", cluster, name="here")
    everywhere, text = make_token(operator, "operator", name="far-reaching")
    assert "far-reaching" not in text_of(chief.get(f"/people/{operator.pk}/"))
    path = f"/people/{operator.pk}/tokens/"
    assert chief.post(path, {"token": everywhere.pk}).status_code == 404
    assert chief.post(path, {"token": here.pk}).status_code == 302
    assert somebody_with(text) == operator


def test_the_page_says_what_a_token_is_for_where_there_is_none(viewer):
    page = text_of(browser(viewer).get("/account/tokens/"))
    assert "No token yet" in page
    assert "API tokens" in page
