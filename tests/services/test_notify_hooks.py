"""Webhooks: who may make them, where they may go, and what is recorded."""

import socket

import pytest
from django.core.exceptions import PermissionDenied

from apps.accounts.models import User
from apps.accounts.services import grant_role
from apps.audit.models import AuditRecord
from apps.notify.addresses import resolve
from apps.notify.errors import NotifyError
from apps.notify.models import Webhook
from apps.notify.sealing import Unreadable, open_secret
from apps.notify.selectors import webhooks
from apps.notify.services import (
    ask_test_call,
    create_webhook,
    edit_webhook,
    remove_webhook,
    renew_secret,
)
from tests.factories import make_cluster
from tests.telling import hook_to

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.net/services/T0/secret-path"


@pytest.fixture
def cluster_admin(admin, cluster):
    user = User.objects.create(username="cleo")
    grant_role(actor=admin, user=user, role="admin", cluster_id=cluster.pk)
    return User.objects.get(pk=user.pk)


def acts():
    return list(
        AuditRecord.objects.filter(action__startswith="webhook.")
        .order_by("id")
        .values_list("action", flat=True)
    )


def test_its_secret_is_shown_once_and_stored_sealed(admin, settings):
    hook, secret = hook_to(URL, admin)
    hook.refresh_from_db()
    assert len(secret) == 43
    assert secret not in hook.secret
    assert open_secret(hook.secret) == secret
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    with pytest.raises(Unreadable, match="give it a new one"):
        open_secret(hook.secret)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert open_secret(hook.secret) == secret


def test_every_act_leaves_its_record_and_none_names_secret_or_path(admin):
    hook, secret = hook_to(URL, admin, events=["failed"])
    edit_webhook(actor=admin, webhook=hook, url=URL + "2", events=["applied"], is_on=False)
    newer = renew_secret(actor=admin, webhook=hook)
    ask_test_call(actor=admin, webhook=hook)
    remove_webhook(actor=admin, webhook=hook)
    names = ["created", "edited", "secret_renewed", "tested", "removed"]
    assert acts() == [f"webhook.{name}" for name in names]
    edited = AuditRecord.objects.get(action="webhook.edited")
    assert edited.after["events"] == ["applied"]
    assert edited.after["on"] is False
    assert edited.before["address"] != edited.after["address"]
    written = str(list(AuditRecord.objects.values_list("before", "after")))
    for hidden in (secret, newer, "secret-path", hook.secret):
        assert hidden not in written
    assert "hooks.example.net" in written
    assert not Webhook.objects.exists()


def test_a_new_secret_takes_the_place_of_the_old(admin):
    hook, secret = hook_to(URL, admin)
    newer = renew_secret(actor=admin, webhook=hook)
    hook.refresh_from_db()
    assert open_secret(hook.secret) == newer != secret


@pytest.mark.parametrize("role", ["viewer", "operator", "approver", "auditor"])
def test_others_may_not(role, request, admin, cluster):
    user = request.getfixturevalue(role)
    hook, _ = hook_to(URL, admin, cluster)
    for act in (
        lambda: hook_to(URL, user, cluster),
        lambda: edit_webhook(actor=user, webhook=hook, url=URL, events=["failed"], is_on=True),
        lambda: renew_secret(actor=user, webhook=hook),
        lambda: remove_webhook(actor=user, webhook=hook),
        lambda: ask_test_call(actor=user, webhook=hook),
        lambda: webhooks(user),
    ):
        with pytest.raises(PermissionDenied, match="manage webhooks"):
            act()


def test_a_clusters_administrator_manages_its_webhooks_only(cluster_admin, admin, cluster):
    own, _ = hook_to(URL, cluster_admin, cluster)
    everywhere, _ = hook_to(URL, admin)
    assert list(webhooks(cluster_admin)) == [own]
    for place in (None, make_cluster()):
        with pytest.raises(PermissionDenied):
            hook_to(URL, cluster_admin, place)
    with pytest.raises(PermissionDenied):
        remove_webhook(actor=cluster_admin, webhook=everywhere)
    assert set(webhooks(admin)) == {own, everywhere}


@pytest.mark.parametrize("events", [[], ["weather"], ["test"], ["failed", "weather"]])
def test_only_events_that_there_are(admin, events):
    with pytest.raises(NotifyError) as refused:
        create_webhook(actor=admin, cluster=None, url=URL, events=events)
    assert refused.value.field == "events"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.net",
        "ftp://hooks.example.net/",
        "http://hooks.example.net/",
        "http://10.0.0.7/",
        "https:///path",
        "https://user:word@hooks.example.net/",
        "https://hooks.example.net/#part",
        "https://hooks.example.net:99999/",
        "https://[::1/",
        "https://hooks.example.net/a b",
        "https://hooks.example.net/\r\nX: y",
        "https://hooks.example.net/" + "a" * 500,
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[fd00:ec2::254]/",
        "https://[fd00:ec2::23]/",
        "https://[fd20:ce::254]/",
        "https://[fd00:c1::a9fe:a9fe]/",
        "https://192.0.0.192/",
        "https://100.100.100.200/",
        "https://[fe80::1]/",
        "https://224.0.0.1/",
        "https://0.0.0.0/",
        "https://255.255.255.255/",
    ],
)
def test_an_address_that_no_webhook_may_have(admin, url):
    with pytest.raises(NotifyError) as refused:
        hook_to(url, admin)
    assert refused.value.field == "url"
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.net",
        "https://10.0.0.7:8443/a?b=c",
        "https://[fd12::7]/",
        "http://localhost:81/",
    ],
)
def test_an_address_that_a_webhook_may_have(admin, url):
    assert hook_to(url, admin)[0].url == url


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://[::ffff:127.0.0.1]/"],
)
def test_a_clusters_webhook_can_t_call_the_consoles_own_host(admin, cluster, url):
    with pytest.raises(NotifyError, match="own host"):
        hook_to(url, admin, cluster)


def named(monkeypatch, *addresses):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "127.0.0.1", "::1", "fe80::1%eth0", "0.0.0.0"]
)
def test_a_name_that_means_a_forbidden_address_is_refused(monkeypatch, address):
    named(monkeypatch, "203.0.113.5", address)
    with pytest.raises(NotifyError, match=r"hooks\.example\.net is"):
        resolve("hooks.example.net", 443, own_host=False, secure=True)


def test_a_name_is_called_without_tls_only_on_the_own_host(monkeypatch):
    named(monkeypatch, "203.0.113.5")
    with pytest.raises(NotifyError, match="without TLS"):
        resolve("localhost", 80, own_host=True, secure=False)


def test_a_webhook_that_somebody_removed_meanwhile(admin):
    hook, _ = hook_to(URL, admin)
    Webhook.objects.all().delete()
    with pytest.raises(NotifyError, match="has removed"):
        renew_secret(actor=admin, webhook=hook)
