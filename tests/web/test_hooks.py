"""Pages of webhooks, for administrators."""

import re

import pytest

from apps.accounts.models import User
from apps.accounts.services import grant_role
from apps.notify.models import Delivery, Webhook
from apps.notify.sealing import open_secret
from apps.notify.services import ask_test_call, deliver_due
from tests.factories import make_cluster
from tests.receivers import Receiver
from tests.telling import hook_to
from tests.web.conftest import browser, error_beside, text_of

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.net/in"
NEW = {"where": "0", "url": URL, "events": ["failed", "drift_began"]}


def secret_on(response):
    assert response.status_code == 200
    return re.search(r'<pre id="secret">([^<]+)</pre>', response.text)[1]


def test_the_secret_is_shown_once(admin):
    client = browser(admin)
    response = client.post("/hooks/new/", NEW)
    secret = secret_on(response)
    assert "no-store" in response["Cache-Control"]
    hook = Webhook.objects.get()
    assert open_secret(hook.secret) == secret
    assert (hook.cluster, hook.events) == (None, ["failed", "drift_began"])
    for path in ("/hooks/", f"/hooks/{hook.pk}/", "/hooks/new/", "/audit/"):
        assert secret not in client.get(path).text


def test_a_new_secret_is_shown_once_too(admin):
    hook, old = hook_to(URL, admin)
    client = browser(admin)
    assert secret_on(client.post(f"/hooks/{hook.pk}/", {"act": "renew"})) != old
    assert 'id="secret"' not in client.get(f"/hooks/{hook.pk}/").text


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("url", "http://hooks.example.net/", "Without TLS only"),
        ("url", "https://169.254.169.254/", "cloud's metadata"),
        ("url", "", "Address is missing."),
        ("events", [], "Choose at least one event."),
    ],
)
def test_a_mistake_is_named_beside_its_field(admin, field, value, says):
    hook, _ = hook_to(URL, admin)
    response = browser(admin).post("/hooks/new/", NEW | {field: value})
    assert response.status_code == 422
    assert says in error_beside(response, field).replace("&#x27;", "'")
    response = browser(admin).post(f"/hooks/{hook.pk}/", {**NEW, "act": "edit", field: value})
    assert response.status_code == 422
    assert says in error_beside(response, field).replace("&#x27;", "'")


def test_it_is_edited_and_switched_off(admin):
    hook, _ = hook_to(URL, admin)
    path = f"/hooks/{hook.pk}/"
    data = {"act": "edit", "url": URL + "2", "events": ["failed"]}
    assert browser(admin).post(path, data)["Location"] == path
    hook.refresh_from_db()
    assert (hook.url, hook.events, hook.is_on) == (URL + "2", ["failed"], False)
    assert "switched off" in text_of(browser(admin).get("/hooks/"))


def test_a_test_shows_what_became_of_it(admin):
    with Receiver((500, {})) as receiver:
        hook, _ = hook_to(receiver.url, admin)
        client, path = browser(admin), f"/hooks/{hook.pk}/"
        assert client.post(path, {"act": "test"})["Location"] == path
        assert 'hx-trigger="every 2s"' in client.get(path).text
        deliver_due()
    part = text_of(client.get(f"{path}?part=messages"))
    assert "It answered 500. 1 try, the next" in part
    assert "It answered 500." in text_of(client.get("/hooks/"))
    Delivery.objects.update(state="given_up")
    page = client.get(f"{path}?part=messages")
    assert "Given up" in text_of(page)
    assert "hx-trigger" not in page.text


def test_it_is_removed_with_what_waits_for_it(admin):
    hook, _ = hook_to(URL, admin)
    ask_test_call(actor=admin, webhook=hook)
    assert browser(admin).post(f"/hooks/{hook.pk}/", {"act": "remove"})["Location"] == "/hooks/"
    assert not Webhook.objects.exists()
    assert not Delivery.objects.exists()
    assert browser(admin).get(f"/hooks/{hook.pk}/").status_code == 404


@pytest.mark.parametrize("role", ["viewer", "operator", "approver", "auditor"])
def test_others_are_refused_and_see_no_link(role, request, admin):
    hook, _ = hook_to(URL, admin)
    client = browser(request.getfixturevalue(role))
    for path in ("/hooks/", "/hooks/new/", f"/hooks/{hook.pk}/"):
        assert client.get(path).status_code == 403
        assert client.post(path, {"act": "remove", **NEW}).status_code in (403, 405)
    assert Webhook.objects.count() == 1
    assert "/hooks/" not in client.get("/account/notifications/").text


def test_a_clusters_administrator_sees_its_own_only(admin, cluster):
    user = User.objects.create(username="cleo")
    grant_role(actor=admin, user=user, role="admin", cluster_id=cluster.pk)
    own, _ = hook_to("https://own.example.net/", admin, cluster)
    other, _ = hook_to("https://other.example.net/", admin, make_cluster("mail"))
    client = browser(user)
    text = text_of(client.get("/hooks/"))
    assert "own.example.net" in text
    assert "other.example.net" not in text
    assert client.get(f"/hooks/{own.pk}/").status_code == 200
    assert client.get(f"/hooks/{other.pk}/").status_code == 404
    assert client.post("/hooks/new/", NEW).status_code == 422  # the whole console is not offered
    assert secret_on(client.post("/hooks/new/", NEW | {"where": str(cluster.pk)}))
