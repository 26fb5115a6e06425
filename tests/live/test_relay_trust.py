"""What the relay believes: what the director's own key signed, and nothing else."""

import json
import threading
import time

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction

from apps.audit.models import AuditRecord
from apps.jobs.relay.intake import store_report
from apps.telemetry.models import DirectorStatus
from apps.trust.models import Identity, Invitation
from apps.trust.services import invite_director, revoke_director
from apps.trust.services.enrol import Request, _take
from apps.trust.signing import create_signing_key
from lvs.agent import streams
from lvs.agent.sealing import public_key_to_text
from lvs.agent.streams import samples_stream
from tests.factories import make_cluster, make_director, make_user
from tests.identities import enrolled, own_key, unsigned, voice
from tests.live.parts import Ear, RunningRelay, Voice, eventually

pytestmark = pytest.mark.django_db(transaction=True)
FLIPPED = 40
"""Bits of an entry that are flipped, spread over it."""


@pytest.fixture
def director(redis_url):
    return enrolled(name="d1")


@pytest.fixture
def key(settings, tmp_path):
    settings.SIGNING_KEY_FILE = tmp_path / "signing.key"
    create_signing_key()


def heartbeat(director, revision=9):
    return streams.heartbeat(
        str(director.uuid), 1.0, facts={}, revision=revision, owned_digest="", problem=""
    )


def believed(director):
    status = DirectorStatus.objects.filter(director=director).first()
    return status.revision if status else None


def refusals():
    return list(AuditRecord.objects.filter(action="director.report_refused"))


def stored(director, *entries):
    """What the relay makes of entries in the director's stream, once it has met them all."""
    voice = Voice(director)
    for entry in entries:
        voice.client.xadd(voice.reports, entry)
    with RunningRelay():
        eventually(lambda: voice.unread() == 0)
    return believed(director)


def test_a_report_of_the_directors_own_key_is_believed(director):
    assert stored(director, voice("report", director.uuid).entry(heartbeat(director))) == 9


def test_a_report_of_another_key_is_refused_and_recorded(director):
    other = enrolled(name="d2")
    assert stored(director, voice("report", other.uuid).entry(heartbeat(director))) is None
    (record,) = refusals()
    assert record.object_name == "d1"
    assert "not signed with the key" in record.reason


def test_an_unsigned_report_is_refused(director):
    assert stored(director, unsigned(json.dumps(heartbeat(director)))) is None
    assert len(refusals()) == 1


def test_a_sample_does_not_pass_for_a_report(director):
    assert stored(director, voice("sample", director.uuid).entry(heartbeat(director))) is None
    assert len(refusals()) == 1


def test_no_flipped_bit_passes(director):
    entry = voice("report", director.uuid).entry(heartbeat(director))
    touched = []
    for name, text in entry.items():
        bits = len(text) * 8
        for position in range(0, bits, max(1, bits // FLIPPED)):
            data = bytearray(text.encode())
            data[position // 8] ^= 1 << position % 8
            touched.append(entry | {name: bytes(data)})
    assert stored(director, *touched) is None


def test_who_sends_many_forgeries_does_not_fill_the_audit_log(director):
    stored(director, *[unsigned(f"forged {number}") for number in range(300)])
    assert len(refusals()) == 1


def test_whoever_was_revoked_a_moment_ago_is_not_believed(director):
    mouth = Voice(director)
    with RunningRelay():
        mouth.heartbeat(revision=1)
        eventually(lambda: believed(director) == 1)
        Identity.objects.all().delete()  # the relay looks for directors every 1.5 s
        mouth.heartbeat(revision=2)
        eventually(refusals)
    assert believed(director) == 1


def test_a_recorded_heartbeat_that_is_sent_again_is_no_sign_of_life(director):
    mouth = Voice(director)
    entry = mouth.entry(heartbeat(director))
    assert stored(director, entry) == 9
    seen = DirectorStatus.objects.get(director=director).last_seen
    stored(director, entry)
    assert DirectorStatus.objects.get(director=director).last_seen == seen


def test_samples_of_another_key_or_sent_again_are_not_shown(redis_url):
    director = make_director()
    cluster = make_cluster(directors=[director])
    mouth, forger = voice("sample", director.uuid), voice("sample", "somebody else")
    row = {"tcp 192.0.2.1:80": [1] * len(streams.ROW_FIELDS)}
    one, two = (
        mouth.entry(streams.sample(at=1.0, seq=seq, interval=1.0, rows=row)) for seq in (1, 2)
    )
    forged = forger.entry(streams.sample(at=1.0, seq=3, interval=1.0, rows=row))
    with (
        RunningRelay(),
        Ear(f"samples.{cluster.pk}") as ear,
        redis.Redis.from_url(settings.REDIS_URL) as client,
    ):
        eventually(lambda: client.exists(Voice(director).reports))
        key = samples_stream(str(director.uuid))
        for entry in (one, forged, two, one, two):
            client.xadd(key, entry)
        assert [ear.frame()["seq"], ear.frame()["seq"]] == [1, 2]
        with pytest.raises(AssertionError, match="nothing heard"):
            ear.next(within=1.5)


@pytest.mark.parametrize("act", ["enrolled anew", "cut off"])
def test_a_report_that_comes_as_its_director_goes_is_not_believed(director, key, act):
    """Its signature would hold, for what takes the key away is not committed yet."""
    admin = make_user("admin")
    invite_director(actor=admin, director=director)
    taken, go_on = threading.Event(), threading.Event()

    def take_away():
        with transaction.atomic():
            if act == "cut off":
                revoke_director(actor=admin, director=director, reason="stolen")
            else:
                own = public_key_to_text(own_key("another").public_key())
                assert _take(Invitation.objects.get(), Request(own, "a" * 64, "h")) == ""
            taken.set()
            go_on.wait(10)
        connection.close()

    def relay():
        entry = voice("report", director.uuid).entry(heartbeat(director))
        store_report(director, {k.encode(): v.encode() for k, v in entry.items()}, time.time())
        connection.close()

    threads = [threading.Thread(target=take_away), threading.Thread(target=relay)]
    threads[0].start()
    taken.wait(10)
    threads[1].start()
    time.sleep(0.3)
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert believed(director) is None
    assert len(refusals()) == 1
