"""Reports that come again: what was recorded on its way may be sent once more, and must change nothing.

Each life of an agent has a name (`session`), and numbers what it says. A number that is not above the
highest one of its life is no news. Which life is the present one nobody can know for certain: the newest word
decides.
Of runs a report may come again, for an ended run stays as it ended.
"""

import time
from typing import Any

from apps.telemetry.models import DirectorStatus

KEPT = 50
"""Ended lives of an agent that are remembered."""
SETTLED_AFTER = 60.0
"""Seconds within which two relays may store reports of two lives in another order: no replay."""

_NUMBERS = {"heartbeat": "heartbeat_number", "observed": "observed_number"}


class Replayed(ValueError):
    """A report of a life of the agent that ended long ago."""

    def __init__(self) -> None:
        super().__init__("it was sent before, by an agent that has ended since")


def take_place(status: DirectorStatus, message: dict[str, Any]) -> list[str] | None:
    """Note on the status (locked, not saved) that this report was heard; the fields to save.

    None: something newer is known. Raises Replayed.
    """
    session, number = message["session"][:32], min(message["number"], 2**63 - 1)
    kind = message["type"]
    if session != status.session:
        past = status.past_sessions.get(session, {})
        if number <= past.get(kind, 0):
            if time.time() - past["ended"] > SETTLED_AFTER:
                raise Replayed
            return None
        _change_life(status, session, past)
    elif number <= getattr(status, _NUMBERS[kind]):
        return None
    setattr(status, _NUMBERS[kind], number)
    return ["session", "past_sessions", *_NUMBERS.values()]


def _change_life(status: DirectorStatus, session: str, past: dict[str, Any]) -> None:
    """Remember how far the life before had come, and go on where this one was, if it was there before."""
    lives = {name: life for name, life in status.past_sessions.items() if name != session}
    if status.session:
        numbers = {kind: getattr(status, field) for kind, field in _NUMBERS.items()}
        lives[status.session] = numbers | {"ended": time.time()}
    newest = sorted(lives.items(), key=lambda item: item[1]["ended"])[-KEPT:]
    status.past_sessions, status.session = dict(newest), session
    for kind, field in _NUMBERS.items():
        setattr(status, field, past.get(kind, 0))
