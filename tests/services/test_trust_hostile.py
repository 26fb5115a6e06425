"""Who has a code, a key or the network tries what must not be possible: no Redis is needed to see it."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from apps.audit.models import AuditRecord
from apps.inventory.services import add_director
from apps.jobs.models import Run
from apps.jobs.relay.samples import _Feed
from apps.jobs.services import store_refused, store_run_started, store_run_steps
from apps.telemetry import services as telemetry
from apps.telemetry.models import DirectorStatus, RelayStatus
from apps.telemetry.replays import Replayed
from apps.trust.models import Identity, Invitation
from apps.trust.services import enrol, invite_director
from apps.trust.signing import create_signing_key
from lvs.agent import streams
from lvs.agent.invitation import ASKED, password_hash
from lvs.agent.invitation import Invitation as Code
from lvs.agent.sealing import public_key_to_text, seal_body
from tests.applying import started, world
from tests.identities import enrolled, own_key
from tests.services.test_jobs_reconcile import beat, lost

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    now = timezone.now()
    RelayStatus.objects.create(name="r", last_read=now, listening_since=now - timedelta(hours=1))
    return world()


@pytest.fixture
def key(settings, tmp_path):
    settings.SIGNING_KEY_FILE = tmp_path / "signing.key"
    settings.DIRECTOR_REDIS_URL = "redis://x:6379/0"
    create_signing_key()


class FakeRedis:
    """What answer_enrolments asks of Redis."""

    def __init__(self, **streams_):
        self.streams, self.sets, self.deleted = streams_, [], []

    def xrange(self, stream, count):
        return [e for e in self.streams.get(stream, []) if e[0] not in self.deleted]

    def xdel(self, stream, entry):
        self.deleted.append(entry)

    def set(self, *a, **k):
        self.sets.append(a)


def request(code, host="h", hashed="0" * 64, hostname="h"):
    body = {
        "schema": 1,
        "director": code.director,
        "key": public_key_to_text(own_key(host).public_key()),
        "password_hash": hashed,
        "hostname": hostname,
        "agent_version": "1",
    }
    return seal_body(ASKED, body, code.key).encode()


# --- reconcile ---------------------------------------------------------------------------------------


def test_a_run_that_reported_steps_is_never_said_to_have_changed_nothing(made):
    change = started(made)
    run = change.runs.get()
    d = run.director
    store_run_started(
        director=d,
        message=streams.run_started(
            str(d.uuid),
            1,
            run=run.pk,
            revision=change.revision.number if change.revision else run.change.revision.number,
            steps=[{"text": "a", "command": "a"}],
        ),
    )
    store_run_steps(
        director=d,
        message=streams.run_steps(
            str(d.uuid), 1, run=run.pk, results=[{"index": 0, "state": "done", "error": ""}]
        ),
    )
    long_ago = timezone.now() - timedelta(hours=1)
    Run.objects.filter(pk=run.pk).update(queued_at=long_ago, heard_at=long_ago, started_at=long_ago)
    run = lost(change)
    Run.objects.filter(pk=run.pk).update(queued_at=long_ago)
    run = beat(run)  # the host was set up anew / its state folder moved away: no last_run
    assert run.started_at and run.done_steps == 1
    assert "changed nothing" not in run.error and run.state != "failed", (run.state, run.error)


def test_an_agent_that_can_not_read_its_memory_settles_nothing(made):
    run = lost(started(made))
    now = timezone.now()
    message = streams.heartbeat(
        str(run.director.uuid),
        now.timestamp(),
        facts={},
        revision=0,
        owned_digest="",
        problem="/var/lib/lvsconsole/orders.json is damaged",
        last_run={},
    )
    from apps.jobs.services import store_heartbeat

    store_heartbeat(
        director=run.director, message=message | {"session": "x", "number": 1}, seen_at=now
    )
    run.refresh_from_db()
    assert run.state == "lost", run.error


# --- audit log ---------------------------------------------------------------------------------------


def test_forgeries_do_not_fill_the_audit_log_while_a_run_is_queued(made):
    run = started(made).runs.get()
    before = AuditRecord.objects.count()
    for n in range(100):  # what an agent says of messages whose key_id whoever holds Redis chose
        store_refused(
            director=run.director,
            message=streams.refused(
                str(run.director.uuid),
                1,
                what="",
                reason=f"it is signed with key “{n}”, which is not trusted here",
            ),
        )
    assert AuditRecord.objects.count() - before <= 2, AuditRecord.objects.count() - before


def test_forged_requests_to_enrol_do_not_fill_the_audit_log(key):
    director = add_director(actor=None, name="lb1")
    invite_director(actor=None, director=director)
    before = AuditRecord.objects.count()
    stream = streams.enrolments_stream(str(director.uuid))
    for beat_ in range(5):
        client = FakeRedis(**{stream: [(f"{beat_}-{n}".encode(), {b"m": b"x"}) for n in range(20)]})
        enrol._answer_all(client, Invitation.objects.get())
    assert AuditRecord.objects.count() - before <= 1, AuditRecord.objects.count() - before


# --- enrolment ---------------------------------------------------------------------------------------


def test_one_hosts_odd_name_does_not_keep_others_from_being_enrolled(key, monkeypatch):
    from contextlib import contextmanager

    _codes, entries = [], {}
    for name, host in (("lb1", "\ud800"), ("lb2", "fine")):
        director = add_director(actor=None, name=name)
        code = Code.from_code(invite_director(actor=None, director=director))
        entries[streams.enrolments_stream(code.director)] = [
            (name.encode(), {b"m": request(code, name, hostname=host)})
        ]
    client = FakeRedis(**entries)
    monkeypatch.setattr(enrol, "connect", contextmanager(lambda **k: (yield client)))
    monkeypatch.setattr(enrol, "allow", lambda *a: None)
    for _ in range(3):
        try:
            enrol.answer_enrolments()
        except Exception as error:
            print(repr(error))
    assert Identity.objects.filter(director__name="lb2").exists()


def test_an_invitation_that_was_replaced_counts_no_more(key):
    director = add_director(actor=None, name="lb1")
    old = Code.from_code(invite_director(actor=None, director=director))
    seen = Invitation.objects.select_related("director").get()  # the worker looked ...
    invite_director(actor=None, director=director)  # ... and an administrator invited anew
    asked = enrol._request(seen, request(old, "thief"))
    assert enrol._take(seen, asked) != ""
    assert not Identity.objects.exists()


def test_a_used_invitation_sets_no_other_password(key, monkeypatch):
    director = add_director(actor=None, name="lb1")
    code = Code.from_code(invite_director(actor=None, director=director))
    allowed = []
    monkeypatch.setattr(enrol, "allow", lambda c, d: allowed.append(password_of(d)))
    stream = streams.enrolments_stream(code.director)
    good, bad = password_hash("good"), password_hash("thief's")
    for n, hashed in enumerate((good, bad)):
        client = FakeRedis(**{stream: [(str(n).encode(), {b"m": request(code, "host", hashed)})]})
        enrol._answer_all(client, Invitation.objects.select_related("director").get())
    assert allowed == [good]
    assert password_of(director) == good


def password_of(director):
    return Identity.objects.get(director=director).password_hash


def test_a_withdrawn_invitation_does_not_stop_the_beat(key):
    director = add_director(actor=None, name="lb1")
    code = Code.from_code(invite_director(actor=None, director=director))
    seen = Invitation.objects.select_related("director").get()
    asked = enrol._request(seen, request(code))
    Invitation.objects.all().delete()
    enrol._take(seen, asked)


# --- replays -----------------------------------------------------------------------------------------


def hb(director, session, number, at=1.0):
    return streams.heartbeat(
        str(director.uuid), at, facts={}, revision=number, owned_digest="", problem=""
    ) | {"session": session, "number": number}


def test_one_heartbeat_of_a_forgotten_life_does_not_silence_the_living(monkeypatch):
    director = enrolled(name="d1")
    clock = SimpleNamespace(now=1e9)
    monkeypatch.setattr("apps.telemetry.replays.time.time", lambda: clock.now)
    for life in range(60):  # an agent that was restarted 60 times
        clock.now += 100
        message = hb(director, f"life {life}", 1, clock.now)
        telemetry.store_heartbeat(director=director, message=message)
    recorded = hb(director, "life 3", 1, 1e9 + 400)
    with pytest.raises(Replayed):
        telemetry.store_heartbeat(director=director, message=recorded)
    clock.now += 100
    message = hb(director, "life 59", 50, clock.now)
    telemetry.store_heartbeat(director=director, message=message)
    assert DirectorStatus.objects.get().heartbeat_number == 50


def test_one_sample_of_an_earlier_life_does_not_silence_the_living():
    feed = _Feed(None, None, None)  # a relay that was just restarted
    assert feed.is_news({"session": "now", "number": 7})
    feed.is_news({"session": "last week", "number": 1})  # recorded, sent again
    assert feed.is_news({"session": "now", "number": 8})
