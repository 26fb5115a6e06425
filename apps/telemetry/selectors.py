"""What is known of the directors: whether they are there and obey, and whether we could tell."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from django.conf import settings
from django.utils import timezone

from apps.inventory.models import Director
from apps.telemetry.models import DirectorStatus, RelayStatus
from apps.trust.signing import SigningKeyError, current_key_id

Presence = Literal["present", "away", "unknown", "never", "cut_off", "not_enrolled"]
UNENROLLED = ("cut_off", "not_enrolled")
"""The presences of whoever is not believed, and gets nothing."""

FOR_PRESENCE = ("status", "identity", "cut_off")
"""What to select with directors whose presence is asked for: else each costs queries of its own."""

RELAY_GONE_AFTER = 10.0
"""Seconds after which a relay that did not read Redis no longer counts."""


LARGE = ("status__observed", "status__owned")
"""What lists of directors don't need of their status: megabytes each, with large tables."""


class Listening(NamedTuple):
    """A stretch of time in which no report can have been missed: all of it is stored."""

    since: datetime
    until: datetime


def listening(now: datetime | None = None) -> Listening | None:
    """How long relays have been hearing the directors; None when none reads Redis now.

    A word from far ahead tells of a clock, not of a relay: one that died would count until then.
    """
    now = now or timezone.now()
    near = timedelta(seconds=RELAY_GONE_AFTER)
    fresh = RelayStatus.objects.filter(last_read__range=(now - near, now + near))
    spans = list(fresh.values_list("listening_since", "last_read"))
    if not spans:
        return None
    return Listening(min(since for since, _ in spans), max(until for _, until in spans))


def status_of(director: Director) -> DirectorStatus | None:
    """The director's newest word, None when it never spoke. Uses `select_related("status")`."""
    return getattr(director, "status", None)


def presence(director: Director) -> Presence:
    """Whether the director's agent is there, as far as we can know. See `presences` for many."""
    return _presence(director, listening())


def presences(directors: Iterable[Director]) -> dict[int, Presence]:
    """The presence of each director by its id. Select them with FOR_PRESENCE."""
    span = listening()
    return {director.pk: _presence(director, span) for director in directors}


def silent_for_long(directors: Iterable[Director]) -> list[Director]:
    """Of directors that are away those that were silent, while a relay listened, for AWAY_TOLD_AFTER."""
    span = listening()
    if span is None:
        return []
    until = span.until - timedelta(seconds=settings.AWAY_TOLD_AFTER)
    if span.since > until:
        return []
    return [
        director
        for director in directors
        if (status := status_of(director)) and status.last_seen and status.last_seen <= until
    ]


def disobeying(directors: Iterable[Director]) -> set[int]:
    """The ids of those that refuse every order: they said that they don't believe the key which signs.

    Select them with FOR_PRESENCE. Without a key that signs nobody is said to.
    """
    try:
        key = current_key_id()
    except SigningKeyError:
        return set()
    return {d.pk for d in directors if hasattr(d, "identity") and _disbelieves(d, key)}


def _disbelieves(director: Director, key: str) -> bool:
    """One that has not said whom it believes may believe anybody."""
    status = status_of(director)
    return bool(status and status.console_keys and key not in status.console_keys)


def _presence(director: Director, span: Listening | None) -> Presence:
    """Silence counts only while somebody listened, and only of whoever would be believed.

    “present”: heard within DIRECTOR_AWAY_AFTER before the last reading of Redis. “away”: silent for
    longer than that while a relay listened. “unknown”: no relay listens, or not for long enough.
    """
    if not hasattr(director, "identity"):
        return "cut_off" if hasattr(director, "cut_off") else "not_enrolled"
    status = status_of(director)
    if span is None:
        return "unknown" if status and status.last_seen else "never"
    patience = timedelta(seconds=settings.DIRECTOR_AWAY_AFTER)
    if status is None or status.last_seen is None:
        return "never"
    if span.until - status.last_seen <= patience:
        return "present"
    return "away" if span.until - span.since > patience else "unknown"
