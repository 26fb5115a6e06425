"""What a director may do in Redis: nothing but what its agent does, to nothing but its own keys.

Derived from what Celery's worker (kombu's Redis transport) and our streams send; tests/live/test_access.py
holds the agent against it, command by command. Pure: texts in, texts out.
"""

import re

from lvs.agent.invitation import director_user, invited_user
from lvs.agent.streams import (
    enrolled_key,
    enrolments_stream,
    queue_name,
    reports_stream,
    samples_stream,
)

USER_PREFIX = "lvs-"
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OURS = re.compile(rf"{USER_PREFIX}(?:enrol-)?({_UUID})")

_TO_CONNECT = ("hello", "ping")
_TO_REPORT = ("xadd",)
_TO_TAKE = ("brpop", "llen", "sadd", "multi", "exec")


def director_rules(director: str, password_hash: str) -> list[str]:
    """The words of `ACL SETUSER` for an enrolled director; its UUID, and the hash of its password."""
    queue = queue_name(director)
    keys = [
        reports_stream(director),
        samples_stream(director),
        f"{queue}*",  # kombu keeps priorities apart by a suffix
        f"_kombu.binding.{queue}",
        f"_kombu.binding_permanent.{queue}",
    ]
    return _rules(password_hash, keys, (*_TO_CONNECT, *_TO_REPORT, *_TO_TAKE))


def invited_rules(director: str, password_hash: str) -> list[str]:
    """The same for a host that may ask to become the director."""
    keys = [enrolments_stream(director), enrolled_key(director)]
    return _rules(password_hash, keys, (*_TO_CONNECT, "xadd", "get"))


def keys_of(director: str) -> list[str]:
    """Everything that a director leaves in Redis."""
    queue, own = queue_name(director), f"lvs:{director}:unacked"
    priorities = [queue, *(f"{queue}\x06\x16{number}" for number in (3, 6, 9))]
    streams = [reports_stream(director), samples_stream(director)]
    bindings = [f"_kombu.binding.{queue}", f"_kombu.binding_permanent.{queue}"]
    asked = [enrolments_stream(director), enrolled_key(director)]
    return [*priorities, *streams, *bindings, *asked, own, f"{own}_index", f"{own}_mutex"]


def director_of(user: str) -> str:
    """Whose Redis user it is, "" when its name is none that we give."""
    found = _OURS.fullmatch(user)
    return found[1] if found else ""


def user_of(director: str, *, invited: bool) -> str:
    """The name of its Redis user."""
    return invited_user(director) if invited else director_user(director)


def _rules(password_hash: str, keys: list[str], commands: tuple[str, ...]) -> list[str]:
    return [
        *("reset", "on", f"#{password_hash}", "resetchannels"),
        *(f"~{key}" for key in keys),
        *(f"+{command}" for command in commands),
    ]
