"""Reports that come again: what was recorded on its way may be sent once more, and must change nothing.

Each life of an agent has a name (`session`), and numbers what it says. A number that is not new, or a life
that ended, is no news. Of runs a report may come again, for an ended run stays as it ended.
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
    session, number = message["session"][:32], message["number"]
    field = _NUMBERS[message["type"]]
    if session != status.session:
        ended = status.past_sessions.get(session)
        if ended is not None:
            if time.time() - ended > SETTLED_AFTER:
                raise Replayed
            return None
        _begin(status, session)
    elif number <= getattr(status, field):
        return None
    setattr(status, field, min(number, 2**63 - 1))
    return ["session", "past_sessions", *_NUMBERS.values()]


def _begin(status: DirectorStatus, session: str) -> None:
    if status.session:
        ended = status.past_sessions | {status.session: time.time()}
        newest = sorted(ended.items(), key=lambda item: item[1])[-KEPT:]
        status.past_sessions = dict(newest)
    status.session = session
    status.heartbeat_number = status.observed_number = 0
