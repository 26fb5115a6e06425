"""Reports that come again: what was recorded on its way may be sent once more, and must change nothing.

Each life of an agent has a name (`session`), and numbers what it says. A number that is not above the
highest one of its life is no news. Which life is the present one nobody can know for certain: the newest word
decides.
Only so many lives are remembered. What was recorded in one that is forgotten is known by the time that it
names, which is the director's and signed: an unknown life is not believed unless it is newer than all that
was forgotten. Those that spoke earliest, by the director's clock, are forgotten first: so a time to come,
from a day on which that clock was wrong, is the last thing to stand against a new life. A director whose
clock was set back is heard, too, unless a life that spoke later is forgotten already (so it began more than
KEPT): then it is heard as soon as its clock is right again.
Of runs a report may come again, for an ended run stays as it ended.
"""

import time
from typing import Any

from apps.inventory.models import Director
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
        if not past and _was_forgotten(status, message["at"]):
            raise Replayed
        if number <= past.get(kind, 0):
            if time.time() - past["ended"] > SETTLED_AFTER:
                raise Replayed
            return None
        _change_life(status, session, past)
    elif number <= getattr(status, _NUMBERS[kind]):
        return None
    setattr(status, _NUMBERS[kind], number)
    status.spoke_at = max(status.spoke_at, float(message["at"]))
    return ["session", "spoke_at", "past_sessions", "forgotten_until", *_NUMBERS.values()]


def forget_host(director: Director) -> None:
    """Begin anew: another host became the director, with a key of its own. What was recorded before is not
    genuine any more, and whatever times the host before named, they must not silence this one. What it said
    of itself, and when it was heard, is not said of this one.

    What its kernel held stays, with its time: mostly it is the same host with a new key.
    """
    DirectorStatus.objects.filter(director=director).update(
        session="",
        spoke_at=0,
        past_sessions={},
        forgotten_until=None,
        last_seen=None,
        facts={},
        problem="",
        console_keys=[],
        **dict.fromkeys(_NUMBERS.values(), 0),
    )


def _was_forgotten(status: DirectorStatus, at: float) -> bool:
    """Whether an unknown life may be one that is not remembered any more: it speaks of a time as early."""
    return status.forgotten_until is not None and at <= status.forgotten_until


def _change_life(status: DirectorStatus, session: str, past: dict[str, Any]) -> None:
    """Remember how far the life before had come, and go on where this one was, if it was there before."""
    lives = {name: life for name, life in status.past_sessions.items() if name != session}
    if status.session:
        numbers = {kind: getattr(status, field) for kind, field in _NUMBERS.items()}
        lives[status.session] = numbers | {"at": status.spoke_at, "ended": time.time()}
    in_order = sorted(lives.items(), key=lambda item: (_spoke_at(item[1]), item[1]["ended"]))
    if dropped := in_order[:-KEPT]:
        newest = _spoke_at(dropped[-1][1])
        known = status.forgotten_until
        status.forgotten_until = newest if known is None else max(known, newest)
    status.past_sessions, status.session = dict(in_order[-KEPT:]), session
    status.spoke_at = _spoke_at(past) if past else 0.0
    for kind, field in _NUMBERS.items():
        setattr(status, field, past.get(kind, 0))


def _spoke_at(life: dict[str, Any]) -> float:
    """Its newest time by the director's clock; by ours of a life that was noted without it."""
    return float(life.get("at", life["ended"]))
