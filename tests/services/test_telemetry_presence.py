"""Present, away, unknown, never: silence counts only while somebody listened, and of whoever is believed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.inventory.models import Director
from apps.telemetry.models import DirectorStatus, RelayStatus
from apps.telemetry.selectors import FOR_PRESENCE, listening, presence, presences
from apps.telemetry.services import relay_was_here
from apps.trust.services import revoke_director
from apps.trust.signals import enrolled as host_enrolled
from tests.factories import make_user
from tests.identities import enrolled

pytestmark = pytest.mark.django_db


@pytest.fixture
def director():
    return enrolled(name="d1")


def ago(seconds):
    return timezone.now() - timedelta(seconds=seconds)


def heard(director, seconds_ago):
    DirectorStatus.objects.update_or_create(
        director=director, defaults={"last_seen": ago(seconds_ago)}
    )
    return anew(director)


def anew(director):
    return Director.objects.select_related(*FOR_PRESENCE).get(pk=director.pk)


def listened(since, until=0):
    RelayStatus.objects.update_or_create(
        name="relay", defaults={"listening_since": ago(since), "last_read": ago(until)}
    )


def test_a_director_that_never_spoke_is_told_apart(director):
    listened(since=100)
    assert presence(director) == "never"


def test_a_director_that_spoke_lately_is_present(director):
    listened(since=100)
    assert presence(heard(director, 3)) == "present"


def test_a_director_is_present_at_once_when_it_speaks(director):
    listened(since=1)
    assert presence(heard(director, 0.5)) == "present"


def test_a_director_that_went_silent_is_away(director):
    listened(since=100)
    assert presence(heard(director, 11)) == "away"


def test_without_a_relay_nothing_is_known(director):
    assert presence(heard(director, 3)) == "unknown"


def test_a_relay_that_stopped_reading_makes_it_unknown_and_never_away(director):
    for seconds in (1, 5, 9, 9.9, 11, 60):
        listened(since=500, until=seconds)
        state = presence(heard(director, seconds + 3))
        assert state in {"present", "unknown"}, seconds
    assert state == "unknown"


def test_after_a_comeback_a_director_gets_time_to_speak(director):
    listened(since=4)
    assert presence(heard(director, 60)) == "unknown"


def test_who_stays_silent_after_the_comeback_is_away(director):
    listened(since=11)
    assert presence(heard(director, 60)) == "away"


def test_many_directors_cost_two_queries(director, django_assert_num_queries):
    listened(since=100)
    heard(director, 1)
    enrolled(name="d2")
    Director.objects.create(name="d3")
    with django_assert_num_queries(2):
        found = presences(Director.objects.select_related(*FOR_PRESENCE))
    assert sorted(found.values()) == ["never", "not_enrolled", "present"]


def test_a_relay_that_reads_on_keeps_its_beginning():
    relay_was_here(name="r", read_at=ago(4))
    since = RelayStatus.objects.get().listening_since
    relay_was_here(name="r")
    assert RelayStatus.objects.get().listening_since == since


def test_a_relay_that_paused_begins_anew():
    relay_was_here(name="r", read_at=ago(20))
    now = timezone.now()
    relay_was_here(name="r", read_at=now)
    assert RelayStatus.objects.get().listening_since == now


def test_a_second_relay_listens_while_the_first_one_pauses(director):
    relay_was_here(name="old", read_at=ago(60))
    RelayStatus.objects.create(name="other", listening_since=ago(100), last_read=ago(1))
    relay_was_here(name="old")
    assert presence(heard(director, 30)) == "away"


def test_who_was_never_enrolled_is_told_apart():
    listened(since=100)
    assert presence(Director.objects.create(name="d2")) == "not_enrolled"


def test_who_is_cut_off_is_neither_present_nor_away(director):
    listened(since=100)
    revoke_director(actor=make_user("admin"), director=director, reason="stolen")
    for seconds in (1, 60):
        assert presence(heard(director, seconds)) == "cut_off"


def test_another_host_is_not_there_because_the_one_before_was(director):
    listened(since=100)
    assert presence(heard(director, 1)) == "present"
    host_enrolled.send(sender=Director, director=director)
    assert presence(anew(director)) == "never"


def test_a_relay_whose_clock_was_ahead_does_not_count_once_it_died(director):
    RelayStatus.objects.create(name="dead", listening_since=ago(100), last_read=ago(-3600))
    assert listening() is None
    assert presence(heard(director, 60)) == "unknown"


def test_a_relay_whose_clock_is_a_little_ahead_counts():
    RelayStatus.objects.create(name="r", listening_since=ago(100), last_read=ago(-5))
    assert listening() is not None


def test_a_relay_whose_clock_was_set_right_counts_again():
    RelayStatus.objects.create(name="r", listening_since=ago(-3600), last_read=ago(-3600))
    relay_was_here(name="r")
    span = listening()
    assert span.since <= span.until
