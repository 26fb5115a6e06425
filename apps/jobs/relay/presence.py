"""Telling when a director comes or goes: silence is no event, so somebody must look."""

import threading
from datetime import datetime

from apps.inventory.models import Director
from apps.telemetry import push
from apps.telemetry.selectors import (
    FOR_PRESENCE,
    LARGE,
    Presence,
    presences,
    silent_for_long,
    status_of,
)
from apps.telemetry.services import note_absence

LOOK_EVERY = 0.5
"""Seconds between two looks."""


class PresenceWatcher:
    """Compares the presence of all directors with that of the last look."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def session(self, stop: threading.Event) -> None:
        """Look until `stop` is set. Raises database errors."""
        while not stop.is_set():
            self.look()
            stop.wait(LOOK_EVERY)

    def look(self) -> None:
        """Announce the directors whose presence changed, and their clusters; note who is away for long."""
        directors = list(Director.objects.select_related(*FOR_PRESENCE).defer(*LARGE))
        now = presences(directors)
        changed = [d for d in directors if now[d.pk] != self._known.get(d.pk)]
        self._known = dict(now)
        if changed:
            push.announce("directors")
            push.announce("home")
        for cluster_id in {d.cluster_id for d in changed if d.cluster_id}:
            push.announce(f"cluster.{cluster_id}")
        _note_absences(directors, now)


def _note_absences(directors: list[Director], now: dict[int, Presence]) -> None:
    """Who is away for long, and who was and is there again."""
    silent = [d for d in directors if now[d.pk] == "away" and _away_since(d) is None]
    for director in silent_for_long(silent) if silent else ():
        _note(director, away=True)
    for director in directors:
        if now[director.pk] == "present" and _away_since(director) is not None:
            _note(director, away=False)


def _away_since(director: Director) -> datetime | None:
    status = status_of(director)
    return status.away_since if status else None


def _note(director: Director, *, away: bool) -> None:
    status = status_of(director)
    if status is not None and status.last_seen is not None:
        note_absence(director=director, last_seen=status.last_seen, away=away)
