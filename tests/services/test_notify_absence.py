"""Directors that fall silent and come back: told once each, however many relays look."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.inventory.models import Director
from apps.jobs.relay.presence import PresenceWatcher
from apps.notify.models import Event
from apps.telemetry.models import DirectorStatus, RelayStatus
from apps.telemetry.services import note_absence

pytestmark = pytest.mark.django_db


@pytest.fixture
def director(cluster):
    return cluster.directors.get()


def ago(seconds):
    return timezone.now() - timedelta(seconds=seconds)


def heard(director, seconds_ago):
    DirectorStatus.objects.filter(director=director).update(last_seen=ago(seconds_ago))


def listened(seconds):
    RelayStatus.objects.update_or_create(
        name="relay", defaults={"listening_since": ago(seconds), "last_read": ago(0)}
    )


def kinds():
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def test_a_minute_of_silence_is_told_once_and_so_is_the_return(director, cluster):
    first, second = PresenceWatcher(), PresenceWatcher()  # of two relays
    listened(500)
    heard(director, 59)
    first.look()
    assert kinds() == []
    heard(director, 61)
    for watcher in (first, second, first):
        watcher.look()
    assert kinds() == ["director_away"]
    away = Event.objects.get()
    assert (away.cluster, away.director) == (cluster, director)
    assert away.facts["detail"].startswith("Silent since ")
    heard(director, 1)
    for watcher in (second, first):
        watcher.look()
    assert kinds() == ["director_away", "director_back"]
    heard(director, 70)
    PresenceWatcher().look()
    assert kinds() == ["director_away", "director_back", "director_away"]


def test_silence_counts_only_while_a_relay_listened(director):
    heard(director, 300)
    listened(59)
    PresenceWatcher().look()
    assert kinds() == []
    listened(61)
    PresenceWatcher().look()
    assert kinds() == ["director_away"]


def test_a_relay_that_is_gone_is_no_return(director):
    heard(director, 300)
    listened(400)
    PresenceWatcher().look()
    RelayStatus.objects.update(last_read=ago(60))
    PresenceWatcher().look()
    assert kinds() == ["director_away"]


def test_a_restart_of_the_relay_tells_nothing_again(director):
    heard(director, 300)
    listened(400)
    PresenceWatcher().look()
    PresenceWatcher().look()
    assert kinds() == ["director_away"]


def test_a_word_that_was_stored_meanwhile_is_quicker(director):
    heard(director, 300)
    seen = DirectorStatus.objects.get(director=director).last_seen
    heard(director, 0)
    assert not note_absence(director=director, last_seen=seen, away=True)
    assert kinds() == []


def test_a_free_director_belongs_to_no_cluster(db):
    from tests.factories import make_director

    director = make_director()
    listened(400)
    heard(director, 300)
    PresenceWatcher().look()
    assert Event.objects.get().cluster is None
    assert Director.objects.get().status.away_since is not None
