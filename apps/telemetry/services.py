"""Storing what directors say of themselves. Reports may come twice, late, or in another order.

These are observations, not acts: they leave no audit record. Times are those at which a report
entered Redis, by our own clock: a director's clock may be wrong.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.inventory.models import Director
from apps.telemetry import push
from apps.telemetry.models import DirectorStatus, RelayStatus
from apps.telemetry.replays import take_place
from apps.telemetry.signals import director_away, director_back, observed
from lvs.documents import (
    Document,
    scope_from_document,
    scope_to_document,
    table_from_document,
    table_to_document,
)
from lvs.model import Scope, Table

LONGEST_PAUSE = timedelta(seconds=5)
"""Between two readings of a relay: after a longer one directors get time to be heard again."""

CLOCKS_DIFFER = timedelta(seconds=5)
"""Between two relays, at most."""

Message = dict[str, Any]


class BadReport(ValueError):
    """A report whose values can't be: a table that is none."""


@transaction.atomic
def store_heartbeat(
    *, director: Director, message: Message, seen_at: datetime | None = None
) -> bool:
    """Store a heartbeat, unless a newer report was stored before it; whether it was stored.

    Raises Replayed.
    """
    seen_at = seen_at or timezone.now()
    status = _locked_status(director)
    place = take_place(status, message)
    if place is None or _older(seen_at, status.last_seen):
        return False
    news = {
        "facts": message["facts"],
        "revision": message["revision"],
        "owned_digest": message["owned_digest"][:64],
        "problem": message["problem"][:300],
        "last_run": message["last_run"],
        "console_keys": [name[:16] for name in message["console_keys"][:8]],
    }
    changed = [name for name, value in news.items() if getattr(status, name) != value]
    for name in changed:
        setattr(status, name, news[name])
    status.last_seen = seen_at
    status.save(update_fields=[*changed, "last_seen", *place])
    if changed:
        _announce(director)
    return True


@transaction.atomic
def store_observed(
    *, director: Director, message: Message, seen_at: datetime | None = None
) -> None:
    """Store the kernel's whole table as the director saw it, unless a newer one was stored.

    Raises BadReport when the table or a key can't be read, and Replayed.
    """
    seen_at = seen_at or timezone.now()
    status = _locked_status(director)
    place = take_place(status, message)
    if place is None or _older(seen_at, status.observed_at):
        return
    table, owned = _observed(message)
    fields = ["observed_at", *place]
    status.observed_at = seen_at
    if status.observed != table or status.owned != owned:
        status.observed, status.owned = table, owned
        fields += ["observed", "owned"]
    if not _older(seen_at, status.last_seen):
        status.last_seen, status.owned_digest = seen_at, message["owned_digest"][:64]
        fields += ["last_seen", "owned_digest"]
    status.save(update_fields=fields)
    if "observed" in fields:
        _announce(director)
    observed.send(sender=DirectorStatus, director=director, seen_at=seen_at)


@transaction.atomic
def relay_was_here(*, name: str, read_at: datetime | None = None) -> None:
    """Note that the relay has stored every report up to `read_at`, because Redis just answered it.

    After a pause the directors need time to be heard again: silence counts from now. So it does after the
    clock was set back to before we began.
    """
    read_at = read_at or timezone.now()
    relay, _ = RelayStatus.objects.select_for_update().get_or_create(
        name=name, defaults={"last_read": read_at, "listening_since": read_at}
    )
    if read_at - relay.last_read > LONGEST_PAUSE or relay.listening_since > read_at:
        relay.listening_since = read_at
    relay.last_read = read_at
    relay.save(update_fields=["last_read", "listening_since"])


@transaction.atomic
def note_absence(*, director: Director, last_seen: datetime, away: bool) -> bool:
    """Tell that a director last heard at `last_seen` is away, or there again; whether that is news.

    Once for each absence, however many relays see it: False when another one, or a word of the director
    that was stored meanwhile, was quicker.
    """
    status = _locked_status(director)
    since = status.away_since
    if (since is not None) == away or (away and status.last_seen != last_seen):
        return False
    status.away_since = last_seen if away else None
    status.save(update_fields=["away_since"])
    told = director_away if away else director_back
    told.send(sender=Director, director=director, since=since or last_seen)
    return True


def _locked_status(director: Director) -> DirectorStatus:
    status, _ = DirectorStatus.objects.select_for_update().get_or_create(director=director)
    return status


def _older(seen_at: datetime, known: datetime | None) -> bool:
    """Whether something newer is known. A time to come is none: our clock was set back since."""
    return known is not None and seen_at < known <= timezone.now() + CLOCKS_DIFFER


def _observed(message: Message) -> tuple[Document, Document]:
    """The table and what of it is ours, as we write them ourselves. Raises BadReport."""
    try:
        table = table_from_document(message["table"])
        owned = scope_from_document(message["owned"])
        _check(table, owned)
        return table_to_document(table), scope_to_document(owned)  # puts keys in order: by address
    except BadReport:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadReport(f"the observed table can't be read: {error!r:.200}") from None


def _check(table: Table, owned: Scope) -> None:
    for key in owned.services:
        _check_types(key, _KEY)
    names = tuple(owned.timeouts | owned.sysctls)
    _check_types(names, (str,) * len(names))
    _check_settings(table)
    for service in table.services:
        _check_types(service, _SERVICE)
        _check_types(service.flags, (str,) * len(service.flags))
        for server in service.real_servers:
            _check_types(server, _SERVER)


_KEY = (str, str, str, int, int)
_SERVICE = (*_KEY, str, tuple, int, str, str, bool, tuple)
_SERVER = (str, int, str, int, int, int, str, int, str)
_DAEMON = (str, str, int, int, str, int, int)
"""The types of the fields of ServiceKey, VirtualService, RealServer and SyncDaemon, in their order."""


def _check_settings(table: Table) -> None:
    _check_types(table.timeouts, (int,) * len(table.timeouts))
    for daemon in table.sync or ():
        _check_types(daemon, _DAEMON)
    for sysctl in table.sysctls:
        _check_types(sysctl, (str, str))


_MOST = 2**32 - 1
"""No number in a kernel's table is larger, and none is below 0: all are unsigned there (ip_vs.h)."""


def _check_types(values: Sequence[object], types: Sequence[type]) -> None:
    for value, wanted in zip(values, types, strict=True):
        if type(value) is not wanted or (isinstance(value, int) and not 0 <= value <= _MOST):
            raise BadReport(f"the observed table holds {value!r:.50} for a {wanted.__name__}")


def _announce(director: Director) -> None:
    push.announce("directors")
    if director.cluster_id:
        push.announce(f"cluster.{director.cluster_id}")
