"""Redis users of directors: made, kept and removed by the console's worker, as the database says.

Redis carries; it is never the record. A Redis that lost its users gets them again at the next beat.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import redis
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.inventory.models import Director
from apps.inventory.signals import stored
from apps.trust.access import director_of, director_rules, invited_rules, keys_of, user_of
from apps.trust.models import CutOff, Identity, Invitation
from lvsconsole.redis_client import connect

logger = logging.getLogger(__name__)

FORGET_AFTER = timedelta(minutes=2)
"""After it was used: its host may ask once more what the answer was."""

_known: dict[str, tuple[list[str], str]] = {}
"""Of each user that this process made: what it asked for, and how Redis says it."""


def keep_access() -> int:
    """Make Redis know exactly our directors and invited hosts; returns how many users it changed.

    Whoever is revoked loses its connection and all its keys. Two workers may do this side by side. Raises
    database errors only: what Redis refuses is said beside each invitation.
    """
    _forget_spent()
    try:
        with connect(timeout=2.0) as client:
            changed = _make_equal(client)
            _note_done(client)
    except redis.RedisError as error:
        _note(f"Redis does not make its user: {error}"[:300])
        logger.warning("Redis users of directors are not kept: %s", error)
        return 0
    _note("")
    return changed


def _note_done(client: "redis.Redis") -> None:
    """That Redis knows of an invitation, or lets a director in no more: people wait for it. A beat in which
    nothing is new asks nothing of Redis."""
    untold = list(Invitation.objects.filter(told_at=None).select_related("director"))
    shut = list(CutOff.objects.filter(closed_at=None).select_related("director"))
    if not untold and not shut:
        return
    there, now = _ours(client), timezone.now()
    for invitation in untold:
        if user_of(str(invitation.director.uuid), invited=True) in there:
            same = Invitation.objects.filter(pk=invitation.pk, made_at=invitation.made_at)
            same.update(told_at=now)
    for cut_off in shut:
        if user_of(str(cut_off.director.uuid), invited=False) not in there:
            CutOff.objects.filter(pk=cut_off.pk).update(closed_at=now)
            stored.send(sender=Director, director=cut_off.director)


def allow(client: "redis.Redis", director: Director) -> None:
    """Let an enrolled director into Redis now, and whoever was there in its name out. Raises RedisError and
    database errors."""
    _write(client, {user_of(str(director.uuid), invited=False)})


def _wanted() -> dict[str, list[str]]:
    """The words of each user that there should be, by its name."""
    wanted = {}
    for uuid, hashed in Identity.objects.values_list("director__uuid", "password_hash"):
        wanted[user_of(str(uuid), invited=False)] = director_rules(str(uuid), hashed)
    for uuid, hashed in Invitation.objects.values_list("director__uuid", "password_hash"):
        wanted[user_of(str(uuid), invited=True)] = invited_rules(str(uuid), hashed)
    return wanted


def _make_equal(client: "redis.Redis") -> int:
    there, wanted = _ours(client), _wanted()
    gone = there.keys() - wanted.keys()
    others = {user for user, rules in wanted.items() if not _is_so(user, rules, there)}
    return _write(client, gone | others) if gone or others else 0


@transaction.atomic
def _write(client: "redis.Redis", users: Iterable[str]) -> int:
    """Make Redis know these users as the database knows them now, or not at all; how many it changed.

    Whoever enrols, invites or cuts off one of their directors meanwhile, in another process, waits until that
    is done: nothing older is ever written over what follows from it.
    """
    directors = Director.objects.filter(uuid__in={director_of(user) for user in users})
    list(directors.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    there, wanted = _ours(client), _wanted()
    gone = [user for user in users if user in there and user not in wanted]
    for user in gone:
        _remove(client, user)
    others = {user: wanted[user] for user in users if user in wanted}
    others = {user: rules for user, rules in others.items() if not _is_so(user, rules, there)}
    if others:
        _set(client, others, there)
    return len(gone) + len(others)


def _is_so(user: str, rules: list[str], there: dict[str, str]) -> bool:
    """Whether Redis has the user as this process made it."""
    return user in there and _known.get(user) == (rules, there[user])


def _ours(client: "redis.Redis") -> dict[str, str]:
    """How Redis says each of our users, by its name: those of directors of this very console."""
    known = {str(uuid) for uuid in Director.objects.values_list("uuid", flat=True)}
    lines: Any = _call(client, "ACL LIST")
    users = {}
    for line in lines:
        text = line.decode(errors="replace") if isinstance(line, bytes) else str(line)
        name = text.split(" ")[1]
        if director_of(name) in known:
            users[name] = text
    return users


def _set(client: "redis.Redis", users: dict[str, list[str]], there: dict[str, str]) -> None:
    """Make these users; there: how Redis says those that it has. Connections of a user whose password is
    another now are cut: `reset` alone would leave them."""
    with client.pipeline(transaction=True) as pipeline:
        for user, rules in users.items():
            before = there.get(user, "").split(" ")
            if not any(word.startswith("#") and word in before for word in rules):
                _call(pipeline, "ACL DELUSER", user)
            _call(pipeline, "ACL SETUSER", user, *rules)
        pipeline.execute()
    said = _ours(client)
    _known.update({user: (rules, said.get(user, "")) for user, rules in users.items()})


def _remove(client: "redis.Redis", user: str) -> None:
    """The user, its connections, and what it left: all of it or nothing."""
    logger.info("Redis user %s goes", user)
    with client.pipeline(transaction=True) as pipeline:
        _call(pipeline, "ACL DELUSER", user)
        if not user.startswith(user_of("", invited=True)):
            pipeline.unlink(*keys_of(director_of(user)))
        pipeline.execute()
    _known.pop(user, None)


def _forget_spent() -> None:
    """Invitations that nobody can use any more. A beat without any writes nothing."""
    now = timezone.now()
    spent = Invitation.objects.filter(Q(expires_at__lt=now) | Q(used_at__lt=now - FORGET_AFTER))
    if spent.exists():
        spent.delete()


def _call(client: "redis.Redis", *words: str) -> Any:
    """redis-py has a method for each, with arguments of its own; these are the words of Redis."""
    return client.execute_command(*words)  # type: ignore[no-untyped-call]


def _note(error: str) -> None:
    others = Invitation.objects.exclude(error=error)
    if others.exists():
        others.update(error=error)
