"""Reports that come again: no news, and of a life that ended long ago a forgery."""

import time

import pytest
from django.utils import timezone

from apps.telemetry.models import DirectorStatus
from apps.telemetry.replays import KEPT, Replayed
from apps.telemetry.services import store_heartbeat, store_observed
from apps.trust.signals import enrolled
from lvs.agent import streams
from lvs.documents import scope_to_document, table_to_document
from lvs.model import EMPTY
from tests.factories import make_director

pytestmark = pytest.mark.django_db


@pytest.fixture
def director():
    return make_director(holds=None)


def beat(director, session, number, revision, at=0):
    message = streams.heartbeat(
        str(director.uuid), at, facts={}, revision=revision, owned_digest="", problem=""
    )
    place = {"session": session, "number": number}
    return store_heartbeat(director=director, message=message | place, seen_at=timezone.now())


def observe(director, session, number):
    message = streams.observed(
        str(director.uuid),
        0,
        table=table_to_document(EMPTY),
        owned=scope_to_document(EMPTY.scope),
        owned_digest=EMPTY.digest,
    )
    place = {"session": session, "number": number}
    store_observed(director=director, message=message | place, seen_at=timezone.now())


def status(director):
    return DirectorStatus.objects.get(director=director)


def retire(director, session, seconds):
    DirectorStatus.objects.filter(director=director).update(
        past_sessions={session: {"heartbeat": 9, "observed": 9, "ended": time.time() - seconds}}
    )


def test_a_heartbeat_that_comes_again_is_no_sign_of_life(director):
    assert beat(director, "a", 7, revision=3)
    seen = status(director).last_seen
    assert not beat(director, "a", 7, revision=3)
    assert not beat(director, "a", 6, revision=2)
    assert (status(director).last_seen, status(director).revision) == (seen, 3)


def test_a_new_life_of_the_agent_counts_anew(director):
    beat(director, "a", 700, revision=3)
    assert beat(director, "b", 1, revision=4)
    assert status(director).revision == 4


def test_a_life_that_has_just_ended_is_no_news(director):
    beat(director, "a", 1, revision=3)
    beat(director, "b", 1, revision=4)
    assert not beat(director, "a", 1, revision=3)
    assert status(director).revision == 4


def test_one_recorded_word_of_another_life_does_not_silence_the_true_one(director):
    """Which life is the present one nobody can know: the one that goes on speaks again in three seconds."""
    beat(director, "true", 700, revision=4)
    beat(director, "recorded before we knew it", 3, revision=1)
    assert beat(director, "true", 701, revision=4)
    assert not beat(director, "recorded before we knew it", 3, revision=1)
    assert status(director).revision == 4


def test_a_life_that_ended_long_ago_is_a_replay(director):
    beat(director, "b", 1, revision=4)
    retire(director, "a", 120)
    with pytest.raises(Replayed):
        beat(director, "a", 9, revision=3)
    assert status(director).revision == 4


def test_observed_tables_are_counted_for_themselves(director):
    """Two relays may store them in another order than they were sent."""
    beat(director, "a", 5, revision=3)
    observe(director, "a", 4)
    assert status(director).observed is not None
    first = status(director).observed_at
    observe(director, "a", 4)
    assert status(director).observed_at == first


def test_so_many_lives_are_remembered_and_no_more(director):
    live(director, range(KEPT + 20))
    assert len(status(director).past_sessions) == KEPT


def live(director, times):
    """One life of the agent after the other, each at its time by the director's clock."""
    for at in times:
        assert beat(director, f"life {at}", 1, revision=9, at=at)


def test_what_was_recorded_in_a_life_that_is_forgotten_is_no_sign_of_life(director):
    beat(director, "recorded", 7, revision=1, at=1)
    live(director, range(2, KEPT + 3))
    assert "recorded" not in status(director).past_sessions
    seen = status(director).last_seen
    with pytest.raises(Replayed):
        beat(director, "recorded", 7, revision=1, at=1)
    assert (status(director).revision, status(director).last_seen) == (9, seen)


def test_a_director_whose_clock_was_set_back_is_heard(director):
    live(director, [2000, 10, 11, 5])
    assert status(director).session == "life 5"


def test_a_clock_that_was_wrong_once_does_not_silence_those_that_come_after(director):
    live(director, [2**40, *range(1, 2 * KEPT)])
    assert status(director).forgotten_until < KEPT


def test_lives_that_were_noted_without_their_time_are_forgotten_by_when_they_ended(director):
    """As the version before left them."""
    now = time.time()
    beat(director, "recorded", 1, revision=1, at=now)
    old = {f"life {n}": {"heartbeat": 1, "observed": 0, "ended": now + n} for n in range(KEPT)}
    DirectorStatus.objects.filter(director=director).update(past_sessions=old)
    assert beat(director, "now", 1, revision=2, at=now + KEPT)
    assert "life 0" not in status(director).past_sessions
    with pytest.raises(Replayed):
        beat(director, "life 0", 1, revision=1, at=now)


def test_another_host_that_becomes_the_director_begins_anew(director):
    """Whatever times the host before had named."""
    live(director, range(2**40, 2**40 + 2 * KEPT))
    with pytest.raises(Replayed):
        beat(director, "of the new host", 1, revision=1, at=time.time())
    enrolled.send(sender=type(director), director=director)
    assert beat(director, "of the new host", 1, revision=1, at=time.time())


def test_a_number_beyond_all_measure_is_taken(director):
    assert beat(director, "a", 10**30, revision=3)
