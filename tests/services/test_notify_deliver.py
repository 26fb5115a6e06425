"""Sending to real servers on loopback: signed, retried, given up, and never to who may not see it."""

import hashlib
import hmac
import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.errors import AccountError
from apps.accounts.models import User
from apps.accounts.services import grant_role, revoke_role, set_email
from apps.changes.services import (
    approve_change,
    comment_on_change,
    reopen_change,
    set_policy,
    submit_change,
)
from apps.changes.signals import drift_began
from apps.inventory.models import Director
from apps.notify import http
from apps.notify.mail import text_of
from apps.notify.models import Delivery, Event, Webhook
from apps.notify.services import (
    ask_test_call,
    ask_test_mail,
    deliver,
    deliver_due,
    edit_webhook,
    forget_old,
    renew_secret,
    set_choices,
)
from apps.notify.services.deliver import PAUSES
from tests.factories import make_cluster, make_director, make_submitted
from tests.ports import free_port
from tests.receivers import Dripping, MailServer, Receiver, certificate_for
from tests.telling import due_now, hook_to, reachable, told, with_mail

pytestmark = pytest.mark.django_db


def row():
    return Delivery.objects.get()


def test_a_webhook_gets_what_happened_signed_over_time_and_body(admin, operator, cluster, settings):
    settings.BASE_URL = "https://lvs.example.net"
    with Receiver() as receiver:
        _, secret = hook_to(f"{receiver.url}/in?key=1", admin)
        change = make_submitted(operator, cluster)
        assert deliver_due() == 1
    (call,) = receiver.calls
    body = json.loads(call.body)
    event = Event.objects.get()
    link = f"https://lvs.example.net/changes/{change.pk}/"
    assert body == {
        "event": "review_asked",
        "id": str(event.uuid),
        "at": event.at.isoformat(),
        "cluster": "web",
        "change": {
            "number": change.pk,
            "title": "Balance the web",
            "author": "Olga Berg",
            "url": link,
        },
        "director": None,
        "by": "Olga Berg",
        "text": "A change waits for review.",
        "url": link,
    }
    assert call.path == "/in?key=1"
    assert call.headers["Content-Type"] == "application/json"
    assert call.headers["X-LVSConsole-Event"] == "review_asked"
    timestamp = call.headers["X-LVSConsole-Timestamp"]
    assert abs(time.time() - int(timestamp)) < 5
    expected = hmac.new(secret.encode(), f"{timestamp}.".encode() + call.body, hashlib.sha256)
    assert call.headers["X-LVSConsole-Signature"] == f"sha256={expected.hexdigest()}"
    assert (row().state, row().status, row().tries) == ("sent", 200, 1)


def test_an_error_is_retried_with_the_same_id_and_body(admin, operator, cluster):
    with Receiver((500, {})) as receiver:
        hook_to(receiver.url, admin)
        make_submitted(operator, cluster)
        assert deliver_due() == 0
        assert (row().state, row().status, row().note) == ("waiting", 500, "It answered 500.")
        assert deliver_due() == 0, "it waits for its pause"
        due_now()
        assert deliver_due() == 1
    first, second = receiver.calls
    assert first.body == second.body
    assert json.loads(first.body)["id"] == str(Event.objects.get().uuid)
    assert (row().state, row().tries, row().note) == ("sent", 2, "")


def test_a_redirect_is_not_followed(admin, operator, cluster):
    with Receiver() as elsewhere, Receiver((302, {"Location": elsewhere.url})) as receiver:
        hook_to(receiver.url, admin)
        make_submitted(operator, cluster)
        deliver_due()
    assert (len(receiver.calls), len(elsewhere.calls)) == (1, 0)
    assert row().note == "It answered 302: redirects are not followed."


def test_the_pauses_grow_for_a_day_and_then_it_is_given_up(admin, operator, cluster):
    hook_to(f"http://127.0.0.1:{free_port()}/", admin)
    make_submitted(operator, cluster)
    waited = []
    for _ in PAUSES:
        deliver_due()
        waited.append(round((row().next_send - row().tried_at).total_seconds()))
        due_now()
    assert waited == sorted(waited)
    assert timedelta(hours=20) < timedelta(seconds=sum(waited)) < timedelta(hours=28)
    deliver_due()
    assert (row().state, row().tries) == ("given_up", len(PAUSES) + 1)
    assert "can't be reached" in row().note
    due_now()
    assert deliver_due() == 0


def test_a_server_that_is_down_is_not_asked_by_every_message(admin, operator, cluster):
    with Receiver((503, {})) as receiver:
        hook_to(receiver.url, admin)
        for _ in range(3):
            make_submitted(operator, cluster)
        deliver_due()
        assert len(receiver.calls) == 1
        due_now()
        assert deliver_due() == 3


@pytest.mark.parametrize("drip", [b"", b"x"])
def test_a_server_that_says_nothing_or_never_ends_is_cut_off(
    admin, operator, cluster, monkeypatch, drip
):
    monkeypatch.setattr(http, "ANSWER_WITHIN", 0.5)
    with Dripping(drip) as server:
        hook_to(server.url, admin)
        make_submitted(operator, cluster)
        began = time.monotonic()
        deliver_due()
        assert time.monotonic() - began < 1.5
    assert row().note == "It did not answer in time."


def test_a_host_with_many_dead_addresses_is_given_up_in_time(admin, monkeypatch):
    """A sender that waits for each of them would be gone for minutes, and others' messages with it."""
    tried = []

    def dead(address, timeout):
        tried.append(address)
        time.sleep(0.05)
        raise TimeoutError

    many = [f"127.0.0.{number}" for number in range(1, 100)]
    monkeypatch.setattr(http, "ANSWER_WITHIN", 0.2)
    monkeypatch.setattr(http, "resolve", lambda *host, **how: many)
    monkeypatch.setattr(http.socket, "create_connection", dead)
    hook, _ = hook_to("http://localhost:9/", admin)
    ask_test_call(actor=admin, webhook=hook)
    assert deliver_due() == 0
    assert row().note == "It did not answer in time."
    assert len(tried) < 20


def test_what_connected_as_the_time_was_over_is_cut_off_too(admin, monkeypatch):
    """The watch had nothing to cut by then: what then drips would hold the sender without end."""
    monkeypatch.setattr(http, "ANSWER_WITHIN", 0.3)
    connect = http.socket.create_connection

    def slow(*args, **kwargs):
        time.sleep(0.35)
        return connect(*args, **kwargs)

    monkeypatch.setattr(http.socket, "create_connection", slow)
    with Dripping(b"x") as server:
        hook, _ = hook_to(server.url, admin)
        ask_test_call(actor=admin, webhook=hook)
        began = time.monotonic()
        deliver_due()
        assert time.monotonic() - began < 2
    assert row().note == "It did not answer in time."


def test_a_certificate_must_be_trusted_and_name_the_host(admin, monkeypatch, tmp_path):
    with Receiver(certificate=certificate_for("localhost", tmp_path)) as receiver:
        url = receiver.url.replace("http://127.0.0.1", "https://localhost")
        hook, _ = hook_to(url, admin)
        ask_test_call(actor=admin, webhook=hook)
        assert deliver_due() == 0
        assert "certificate" in row().note
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        due_now()
        assert deliver_due() == 1
        hook_to(url.replace("localhost", "127.0.0.1"), admin)
        ask_test_call(actor=admin, webhook=Webhook.objects.last())
        assert deliver_due() == 0
    assert len(receiver.calls) == 1
    assert receiver.calls[0].headers["Host"].startswith("localhost:")


def test_a_test_reaches_a_webhook_that_is_switched_off(admin):
    with Receiver() as receiver:
        hook, _ = hook_to(receiver.url, admin)
        edit_webhook(actor=admin, webhook=hook, url=hook.url, events=["failed"], is_on=False)
        ask_test_call(actor=admin, webhook=hook)
        deliver_due()
    assert json.loads(receiver.calls[0].body)["event"] == "test"


def test_a_webhook_that_was_switched_off_meanwhile_is_told_nothing(admin, operator, cluster):
    with Receiver() as receiver:
        hook, _ = hook_to(receiver.url, admin)
        make_submitted(operator, cluster)
        edit_webhook(actor=admin, webhook=hook, url=hook.url, events=hook.events, is_on=False)
        deliver_due()
    assert receiver.calls == []
    assert row().state == "dropped"


def test_what_a_secret_no_longer_opens_is_said(admin, operator, cluster, settings):
    with Receiver() as receiver:
        hook, _ = hook_to(receiver.url, admin)
        make_submitted(operator, cluster)
        settings.SECRET_KEY = "another"
        deliver_due()
        assert "give it a new one" in row().note
        renew_secret(actor=admin, webhook=hook)
        due_now()
        assert deliver_due() == 1


def test_a_clusters_webhook_never_calls_the_own_host(admin, operator, cluster):
    """Whatever its name meant when it was made."""
    with Receiver() as receiver:
        hook, _ = hook_to("https://hooks.example.net/", admin, cluster)
        Webhook.objects.filter(pk=hook.pk).update(url=receiver.url)
        make_submitted(operator, cluster)
        deliver_due()
    assert receiver.calls == []
    assert "own host" in row().note


# --- e-mail ----------------------------------------------------------------------------------------


def test_an_email_says_what_where_who_and_the_link(
    approver, operator, cluster, settings, mailoutbox
):
    with_mail(settings)
    reachable(approver)
    change = make_submitted(operator, cluster, title="Balance\tthe web")
    assert deliver_due() == 1
    (mail,) = mailoutbox
    assert mail.to == ["adil@example.net"]
    assert mail.from_email == "LVS Console <console@example.net>"
    assert mail.subject == f"[LVS Console] web: Review asked: #{change.pk} Balance the web"
    lines = mail.body.splitlines()
    assert lines[0] == "Your review is asked."
    assert "Cluster:  web" in lines
    assert "Author:   Olga Berg" in lines
    assert "Why:      Launch day" in lines
    assert f"Link:     https://lvs.example.net/changes/{change.pk}/" in lines
    assert lines[-1].endswith("https://lvs.example.net/account/notifications/")
    assert (row().state, row().tries) == ("sent", 1)


def test_a_real_mail_server_gets_it_with_an_id_that_a_second_copy_shares(
    approver, operator, cluster, settings
):
    with MailServer() as server:
        server.use(settings)
        user = reachable(approver)
        make_submitted(operator, cluster)
        assert deliver_due() == 1
    ((to, text),) = server.mails
    assert to == ["adil@example.net"]
    assert f"Message-ID: <{Event.objects.get().uuid}.{user.pk}@example.net>".encode() in text
    assert b"Auto-Submitted: auto-generated" in text


def test_a_mail_server_that_is_down_is_tried_again(approver, operator, cluster, settings):
    with MailServer() as server:
        server.use(settings)
        reachable(approver)
        make_submitted(operator, cluster)
        settings.EMAIL_PORT = free_port()
        assert deliver_due() == 0
        assert row().note.startswith("The mail server can't be reached")
        settings.EMAIL_PORT = server.port
        due_now()
        assert deliver_due() == 1
    assert len(server.mails) == 1


def test_an_address_that_the_server_refuses_for_good_is_given_up(viewer, settings):
    with MailServer("550 no such user") as server:
        server.use(settings)
        ask_test_mail(actor=reachable(viewer))
        deliver_due()
    assert row().state == "given_up"
    assert row().note == "The mail server refused the address: 550 no such user"


def test_one_that_it_refuses_for_now_keeps_nobody_elses_mail(viewer, operator, settings):
    with MailServer("451 later, please") as server:
        server.use(settings)
        ask_test_mail(actor=reachable(viewer))
        ask_test_mail(actor=reachable(operator))
        assert deliver_due() == 1
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["sent", "waiting"]
    assert server.mails[0][0] == ["olga@example.net"]


# --- asked again before it is sent ------------------------------------------------------------------


@pytest.fixture
def mail(settings, mailoutbox):
    with_mail(settings)
    return mailoutbox


def drifted(cluster):
    drift_began.send(sender=Director, director=cluster.directors.get(), text="weight 1, not 2")


def test_who_lost_the_cluster_before_it_was_sent_gets_nothing(viewer, admin, cluster, mail):
    set_choices(actor=reachable(viewer), reach={"drift_began": "all"})
    drifted(cluster)
    assert told() == ["vera"]
    revoke_role(actor=admin, grant=viewer.grants.get())
    assert deliver_due() == 0
    assert mail == []
    assert row().note == "The person may no longer see it."


def test_who_chose_otherwise_before_it_was_sent_gets_nothing(viewer, cluster, mail):
    user = reachable(viewer)
    set_choices(actor=user, reach={"drift_began": "all"})
    drifted(cluster)
    set_choices(actor=user, reach={"drift_began": "none"})
    assert deliver_due() == 0
    assert mail == []


def test_nobody_is_asked_for_a_review_that_is_over(approver, admin, operator, cluster, mail):
    change = make_submitted(operator, cluster)
    reachable(approver)
    change = make_submitted(operator, cluster)
    approve_change(actor=admin, change=change, digest=change.digest)
    assert deliver_due() == 0
    assert mail == []
    assert row().note == "It waits for no review any more."


def test_of_two_submits_only_the_newest_asks(approver, operator, cluster, mail):
    reachable(approver)
    change = make_submitted(operator, cluster)
    submit_change(actor=operator, change=reopen_change(actor=operator, change=change))
    assert Delivery.objects.count() == 2
    assert deliver_due() == 1
    assert len(mail) == 1


def test_nobody_is_asked_for_a_second_review_but_after_a_comment(
    approver, admin, operator, cluster, mail
):
    set_policy(actor=admin, cluster=cluster, version=1, approvals=2)
    reachable(approver), reachable(admin)
    change = make_submitted(operator, cluster)
    comment_on_change(actor=approver, change=change, comment="Why on a Friday?")
    approve_change(actor=admin, change=change, digest=change.digest)
    assert deliver_due() == 1
    assert mail[0].to == ["adil@example.net"]


def test_what_was_told_a_month_ago_is_forgotten(viewer, cluster, mail):
    set_choices(actor=reachable(viewer), reach={"drift_began": "all"})
    drifted(cluster)
    Event.objects.update(at=timezone.now() - timedelta(days=31))
    drifted(cluster)
    assert forget_old() == 1
    assert Event.objects.count() == Delivery.objects.count() == 1


def test_drift_says_what_differs(viewer, cluster, mail):
    set_choices(actor=reachable(viewer), reach={"drift_began": "all"})
    drifted(cluster)
    deliver_due()
    assert "weight 1, not 2" in mail[0].body
    assert f"Director: {cluster.directors.get().name}" in mail[0].body


def test_of_a_director_without_a_cluster_hears_who_sees_everything(viewer, admin, mail):
    lone = User.objects.create(username="sam")
    grant_role(actor=admin, user=lone, role="viewer", cluster_id=make_cluster().pk)
    for user in (User.objects.get(pk=lone.pk), viewer):
        set_choices(actor=reachable(user), reach={"drift_began": "all"})
    drift_began.send(sender=Director, director=make_director(), text="x")
    assert told() == ["vera"]


# --- odd addresses and titles --------------------------------------------------------------------

TOO_LONG = "a@" + "ü" * 60 + ".de"
"""Django's check lets it pass; no name server can be asked for it."""


@pytest.fixture
def odd(viewer, settings):
    """Somebody whose address came past the service."""
    with_mail(settings)
    User.objects.filter(pk=viewer.pk).update(email=TOO_LONG)
    return User.objects.get(pk=viewer.pk)


def test_an_address_that_no_server_can_be_asked_for_is_given_up(odd, settings):
    with MailServer() as server:
        server.use(settings)
        ask_test_mail(actor=odd)
        deliver_due()
    assert (row().state, row().note) == (
        "given_up",
        "No mail server can be asked for this address.",
    )


@pytest.mark.parametrize("error", [UnicodeError("odd"), ValueError("odd"), RuntimeError("odd")])
def test_what_meets_an_error_of_ours_keeps_nobody_elses(
    error, odd, approver, operator, cluster, settings, monkeypatch
):
    really = deliver.send_mail

    def send_mail(event, user):
        if user == odd:
            raise error
        really(event, user)

    monkeypatch.setattr(deliver, "send_mail", send_mail)
    reachable(approver)
    with MailServer() as server:
        server.use(settings)
        ask_test_mail(actor=odd)
        make_submitted(operator, cluster)
        assert deliver_due() == 1
    broken = Delivery.objects.get(user=odd)
    assert (broken.state, broken.tries) == ("waiting", 1)
    assert type(error).__name__ in broken.note


def test_such_an_address_is_refused_as_it_is_given(viewer):
    with pytest.raises(AccountError, match="no e-mail address"):
        set_email(actor=viewer, email=TOO_LONG)


@pytest.mark.parametrize("sign", ["\n", "\r", "\u2028", "\x0b", "\x85"])
def test_no_title_looks_like_facts_of_ours(sign, operator, cluster):
    change = make_submitted(operator, cluster)
    title = f"Nice{sign}Link:     https://elsewhere.example.net/"
    facts = {"number": change.pk, "title": title, "author": "Olga", "reason": "Because"}
    event = Event(
        kind="review_asked",
        at=timezone.now(),
        change=change,
        facts={"cluster": "web", "by": "", "detail": "", "change": facts},
    )
    lines = text_of(event).splitlines()
    assert [line for line in lines if "elsewhere" in line] == [
        f"Change:   #{change.pk} Nice Link: https://elsewhere.example.net/"
    ]


def test_a_host_whose_addresses_of_one_family_are_unreachable_is_called_by_the_other(
    admin, monkeypatch
):
    with Receiver() as receiver:
        connect = http.socket.create_connection

        def unreachable(address, timeout):
            if ":" in address[0]:
                raise OSError(101, "Network is unreachable")
            return connect(address, timeout)

        found = [*(f"2001:db8::{number}" for number in range(1, 9)), "127.0.0.1"]
        monkeypatch.setattr(http, "resolve", lambda *host, **how: found)
        monkeypatch.setattr(http.socket, "create_connection", unreachable)
        hook, _ = hook_to(f"{receiver.url}/", admin)
        ask_test_call(actor=admin, webhook=hook)
        assert deliver_due() == 1


def test_a_password_that_no_mail_server_can_be_told_is_said(viewer, settings, monkeypatch):
    """smtplib sends it as ASCII."""

    def login(self, *args, **kwargs):
        "pässwort".encode("ascii")

    monkeypatch.setattr("smtplib.SMTP.login", login)
    with MailServer() as server:
        server.use(settings)
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "console", "pässwort"
        ask_test_mail(actor=reachable(viewer))
        assert deliver_due() == 0
    assert row().note.startswith("The mail server can't be told what it needs")
