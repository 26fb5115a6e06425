"""What becomes of directors and of keys while the worker is about to send."""

import importlib
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.jobs.models import Errand, Outbox
from apps.jobs.services import ask_director, deliver_errands, deliver_outbox, spread_keys
from apps.telemetry.models import RelayStatus
from apps.trust import signing
from apps.trust.services import revoke_director
from lvs.agent.console_keys import FIELDS, KIND, ConsoleKeys
from lvs.agent.sealing import key_id, open_body
from tests.applying import person, queue_all, started, world

pytestmark = pytest.mark.django_db

ORDERS, ERRANDS, KEYS = (
    importlib.import_module(f"apps.jobs.services.{name}")  # the package has functions of such names
    for name in ("deliver", "errands", "spread_keys")
)


@pytest.fixture
def made(settings, tmp_path):
    """Two directors that are there."""
    settings.SIGNING_KEY_FILE = tmp_path / "signing.key"
    signing.create_signing_key()
    now = timezone.now()
    RelayStatus.objects.create(name="r", last_read=now, listening_since=now - timedelta(hours=1))
    return world(2)


@pytest.fixture
def revoked_meanwhile(made, monkeypatch):
    """Sending takes its time: while the first one is sent to, another process revokes the second one.

    To whom something was sent from this part of the worker.
    """

    def watch(module):
        sent = []

        def send(director, sealed, *, sweep_at):
            sent.append(director.pk)
            for other in made.directors:
                if len(sent) == 1 and other.pk != director.pk:
                    revoke_director(actor=person("admin"), director=other)

        monkeypatch.setattr(module, "send_sealed", send)
        return sent

    return watch


def test_a_director_that_is_revoked_meanwhile_gets_no_order(made, revoked_meanwhile):
    queue_all(started(made))
    sent = revoked_meanwhile(ORDERS)
    assert deliver_outbox() == len(sent) == 1
    (entry,) = Outbox.objects.exclude(run__director=sent[0])
    assert "is not enrolled" in entry.last_error


def test_a_director_that_is_revoked_meanwhile_gets_no_errand(made, revoked_meanwhile):
    who = person("admin")
    for director in made.directors:
        ask_director(actor=who, director=director, kind=Errand.Kind.DOCTOR)
    sent = revoked_meanwhile(ERRANDS)
    assert deliver_errands() == len(sent) == 1
    (errand,) = Errand.objects.exclude(director=sent[0])
    assert errand.state == "failed"


def test_a_director_that_is_revoked_meanwhile_is_told_no_keys(made, revoked_meanwhile):
    sent = revoked_meanwhile(KEYS)
    spread_keys()
    assert len(sent) == 1


@pytest.mark.parametrize("reading", [2, 3])
def test_no_director_is_told_to_believe_only_the_key_that_is_gone(
    made, monkeypatch, tmp_path, reading
):
    """Another process puts the announced key in its place between two files that the worker reads."""
    signing.announce_next_key()
    old, new = signing.signing_key().public_key(), signing.next_key().public_key()
    agent = ConsoleKeys(tmp_path / "agent", {key_id(key): key for key in (old, new)})
    real, readings, texts = signing.next_key, [], []

    def next_key():
        readings.append(1)
        if len(readings) == reading:
            signing.use_next_key()
        return real()

    monkeypatch.setattr(signing, "next_key", next_key)
    monkeypatch.setattr(KEYS, "send_sealed", lambda director, text, **more: texts.append(text))
    spread_keys()
    agent.learn(open_body(texts[0], agent.trusted(), {KIND: FIELDS})[1])
    assert key_id(new) in agent.trusted()
