"""Carrying the edits of a draft over to another base: pure."""

from collections.abc import Mapping
from typing import TypeVar

from apps.changes.errors import Invalid
from lvs.canonical_form import make_table
from lvs.model import Table
from lvs.rules import Problem
from lvs.settings import SyncDaemon, Sysctl, Timeouts

Key = TypeVar("Key")
Value = TypeVar("Value")


def rebased(base: Table, head: Table, mine: Table) -> Table:
    """What `mine` changed against `base`, done to `head` instead: service by service, and each timeout,
    each sysctl and the sync daemons by themselves.

    Raises Invalid naming what both sides changed, each in another way.
    """
    both: list[str] = []
    services = _merged(base.by_key(), head.by_key(), mine.by_key(), both)
    timeouts = _merged(_timeouts(base), _timeouts(head), _timeouts(mine), both)
    sync = _merged(_sync(base), _sync(head), _sync(mine), both)
    sysctls = _merged(dict(base.sysctls), dict(head.sysctls), dict(mine.sysctls), both)
    if both:
        raise Invalid([Problem((), "rebase.both", _sentence(both))])
    return make_table(
        services.values(),
        Timeouts(**{name.removeprefix(_TIMEOUT): seconds for name, seconds in timeouts.items()}),
        sync.get(_SYNC),
        tuple(Sysctl(name, value) for name, value in sysctls.items()),
    )


_TIMEOUT, _SYNC = "timeout ", "the sync daemons"


def _timeouts(table: Table) -> dict[str, int]:
    return {f"{_TIMEOUT}{n}": seconds for n, seconds in table.timeouts._asdict().items() if seconds}


def _sync(table: Table) -> dict[str, tuple[SyncDaemon, ...]]:
    return {} if table.sync is None else {_SYNC: table.sync}


def _merged(
    was: Mapping[Key, Value],
    theirs: Mapping[Key, Value],
    ours: Mapping[Key, Value],
    both: list[str],
) -> dict[Key, Value]:
    """One kind of part, each by its key; the keys that both sides changed are added to `both`."""
    kept = {}
    for key in sorted({*theirs, *ours}, key=str):
        if ours.get(key) == was.get(key):
            chosen = theirs.get(key)
        elif theirs.get(key) in (was.get(key), ours.get(key)):
            chosen = ours.get(key)
        else:
            both.append(str(key))
            continue
        if chosen is not None:
            kept[key] = chosen
    return kept


def _sentence(both: list[str]) -> str:
    names = ", ".join(both[:5]) + (" and others" if len(both) > 5 else "")
    return f"This draft and the new head both changed {names}. Withdraw it and open a new change."
