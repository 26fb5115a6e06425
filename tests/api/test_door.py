"""Who comes in by the API, and who doesn't."""

import logging
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.utils import timezone

from apps.accounts.models import ApiToken, RoleSetting
from apps.accounts.services import revoke_role, revoke_token, set_active
from apps.api.door import TokenThrottle
from apps.audit.models import AuditRecord
from tests.api.conftest import Program
from tests.web.conftest import browser

pytestmark = pytest.mark.django_db

TOKEN = "The token is unknown, expired or revoked, or its owner is switched off."


def test_a_token_opens_the_api_and_its_use_is_noted(viewer):
    response = viewer.get("clusters/")
    assert response.status_code == 200
    assert response["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert ApiToken.objects.get().last_used_at is not None


def test_without_a_token_nothing_is_open_not_even_what_there_is(viewer):
    nobody = Program(viewer.owner, text="")
    for path in ("clusters/", "schema/", "changes/1/", "nothing/", ""):
        response = nobody.get(path)
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == 'Bearer realm="LVS Console"'
        assert response.json()["error"]


def test_a_session_of_a_browser_opens_nothing(admin):
    response = browser(admin.owner).get("/api/v1/clusters/")
    assert response.status_code == 401


def test_a_token_beside_a_session_says_nothing_of_the_session(admin, viewer):
    client = browser(admin.owner)
    client.get("/api/v1/clusters/", headers={"Authorization": f"Bearer {viewer.text}"})
    assert not UserSession.objects.filter(user=viewer.owner).exists()
    client.get("/")
    assert UserSession.objects.filter(user=admin.owner).exists()


def test_a_token_opens_no_page(admin):
    response = admin.client.get("/clusters/", headers={"Authorization": f"Bearer {admin.text}"})
    assert response.status_code == 302


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer x", "Basic b2xnYTp4", "Bearer lvs_\xe9", "bearer a b"]
)
def test_what_is_no_token_opens_nothing(viewer, header):
    nobody = Program(viewer.owner, text="")
    assert nobody.get("clusters/", Authorization=header).status_code == 401


def test_an_expired_token_is_refused(viewer):
    past = timezone.now() - timedelta(seconds=1)
    ApiToken.objects.update(created_at=past - timedelta(days=1), expires_at=past)
    response = viewer.get("clusters/")
    assert (response.status_code, response.json()["error"]) == (401, TOKEN)


def test_a_revoked_token_is_refused(viewer):
    revoke_token(actor=viewer.owner, token=viewer.token)
    assert viewer.get("clusters/").status_code == 401


def test_the_token_of_who_is_switched_off_is_refused(viewer, admin):
    set_active(actor=admin.owner, user=viewer.owner, active=False)
    assert viewer.get("clusters/").status_code == 401


def test_a_token_can_no_longer_do_what_its_owner_can_not(operator, cluster):
    draft = {"cluster": "web", "title": "Mine"}
    assert operator.post("changes/", draft).status_code == 201
    revoke_role(actor=None, grant=operator.owner.grants.get())
    response = operator.post("changes/", draft)
    assert response.status_code == 403
    assert response.json()["error"] == "This token may not see this: that needs the role viewer."


def test_a_second_factor_that_is_asked_for_is_asked_of_the_owner_too(operator):
    RoleSetting.objects.create(role="operator", second_factor=True)
    response = operator.get("clusters/")
    assert response.status_code == 403
    assert "second factor" in response.json()["error"]


def test_a_token_that_runs_wild_is_slowed_down_and_others_are_not(viewer, operator, monkeypatch):
    monkeypatch.setattr(TokenThrottle, "THROTTLE_RATES", {"token": "3/min"})
    assert [viewer.get("clusters/").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert int(viewer.get("clusters/")["Retry-After"]) > 0
    assert operator.get("clusters/").status_code == 200


def test_what_is_done_is_recorded_with_token_address_and_request(operator, cluster):
    response = operator.post("changes/", {"cluster": "web", "title": "By a program"})
    record = AuditRecord.objects.get(action="change.opened")
    assert record.actor == operator.owner
    assert record.actor_name == f"olga (token {operator.token.name})"
    assert record.address == "127.0.0.1"
    assert record.request_id == response["X-Request-ID"]


def test_no_log_and_no_record_holds_the_secret(operator, cluster, caplog):
    caplog.set_level(logging.DEBUG)
    operator.get("clusters/")
    operator.get("changes/999/")
    operator.post("changes/", {"cluster": "web", "title": "By a program"})
    Program(operator.owner, text=operator.text[:-1] + "_").get("clusters/")
    secret = operator.text[-24:]  # it may hold any sign, also the one between the parts
    assert secret not in caplog.text
    assert not any(secret in str(row) for row in AuditRecord.objects.values())


def test_another_address_and_another_method_are_said_in_json(viewer):
    assert viewer.get("nothing/").json() == {
        "error": "There is nothing here, or you may not see it.",
        "problems": [],
    }
    assert viewer.post("nothing/at/all").status_code == 404
    assert viewer.get("clusters").status_code == 404
    assert viewer.delete("clusters/").status_code == 405
    assert viewer.call("OPTIONS", "clusters/").status_code == 405


def test_only_json_is_taken_and_given(operator):
    headers = {"Authorization": f"Bearer {operator.text}"}
    response = operator.client.post("/api/v1/changes/", {"title": "x"}, headers=headers)
    assert response.status_code == 415
    assert response.json()["error"]
    response = operator.client.get("/api/v1/clusters/", headers=headers | {"Accept": "text/html"})
    assert response.status_code == 406


def test_a_body_that_is_too_large_is_said(operator, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    response = operator.post("changes/", {"cluster": "web", "title": "x" * 100})
    assert (response.status_code, response.json()["error"]) == (413, "The body is too large.")


def test_everybody_with_a_token_reads_the_schema(viewer):
    document = viewer.get("schema/").json()
    assert document["openapi"] == "3.1.0"
