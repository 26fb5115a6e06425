"""Carrying the edits of a draft over to another base: pure."""

from apps.changes.errors import Invalid
from lvs.model import ServiceKey, Table, make_table
from lvs.rules import Problem


def rebased(base: Table, head: Table, mine: Table) -> Table:
    """What `mine` changed against `base`, done to `head` instead, service by service.

    Raises Invalid naming the services that both sides changed, each in another way.
    """
    was, theirs, ours = base.by_key(), head.by_key(), mine.by_key()
    kept, both = [], list[ServiceKey]()
    for key in sorted({*theirs, *ours}, key=str):
        if ours.get(key) == was.get(key):
            chosen = theirs.get(key)
        elif theirs.get(key) in (was.get(key), ours.get(key)):
            chosen = ours.get(key)
        else:
            both.append(key)
            continue
        if chosen is not None:
            kept.append(chosen)
    if both:
        raise Invalid([Problem((), "rebase.both", _sentence(both))])
    return make_table(kept)


def _sentence(both: list[ServiceKey]) -> str:
    names = ", ".join(map(str, both[:5])) + (" and others" if len(both) > 5 else "")
    return f"This draft and the new head both changed {names}. Withdraw it and open a new change."
