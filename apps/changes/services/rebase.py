"""Carrying a draft's edits over to the head of now."""

from collections.abc import Mapping

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.changes.changed_parts import changed_parts
from apps.changes.errors import Conflict, Invalid
from apps.changes.models import Change
from apps.changes.rebase import Merge, doubled
from apps.changes.selectors import head_moved, merge_of, table_of
from apps.changes.services.working_copy import opened, store
from lvs.documents import table_to_document
from lvs.rules import Problem


@transaction.atomic
def rebase_change(
    *,
    actor: User,
    change: Change,
    version: int,
    choices: Mapping[str, str] | None = None,
    head: int | None = None,
) -> Change:
    """Put the draft on the head of now, with what both it and the head changed merged.

    choices: for each clash (`apps.changes.rebase`) its key and the side to take. head: the id of the
    head that the person was shown, None = that of `change` as it was read. Nothing is stored before
    all is decided. Raises Conflict when the draft or the head is another than was shown, Invalid while
    a clash is undecided (paths are its key), or a part stands twice in the draft.
    """
    shown = change.cluster.head_id if head is None else head
    change = opened(actor, change, version)
    if not head_moved(change):
        return change
    if change.cluster.head_id != shown:
        raise Conflict(
            f"{change.cluster.head} became the head meanwhile: nothing is stored yet. "
            "What you chose is kept where it still stands between the same values."
        )
    if names := doubled(table_of(change)):
        message = f"{names[0]} stands twice in this draft: take one out first."
        raise Invalid([Problem((), "rebase.doubled", message)])
    merge = merge_of(change, choices)
    if merge.undecided:
        sentence = _sentence(merge)
        raise Invalid([Problem((c.key,), "rebase.undecided", sentence) for c in merge.undecided])
    return _stored(actor, change, merge)


def rebase_if_clear(actor: User, change: Change) -> Change:
    """Put a locked draft on the head of now where nothing needs a decision; else leave it where it is."""
    require(actor, "change.edit", change)
    if not head_moved(change) or doubled(table_of(change)):
        return change
    merge = merge_of(change)
    return change if merge.clashes else _stored(actor, change, merge)


def _stored(actor: User, change: Change, merge: Merge) -> Change:
    head = change.cluster.head
    before, after = changed_parts(table_of(change), merge.table)
    chosen = {", ".join((*c.place, *c.fields)) or c.kind: c.chosen for c in merge.clashes}
    return store(
        actor,
        change,
        "change.rebased",
        before={"base": change.base.number if change.base else None} | before,
        after={"base": head.number if head else None}
        | after
        | ({"chosen": chosen} if chosen else {}),
        table=table_to_document(merge.table),
        base=head,
    )


def _sentence(merge: Merge) -> str:
    left = len(merge.undecided)
    parts = "part is" if left == 1 else "parts are"
    return f"{left} {parts} not decided yet: choose theirs or mine for each. Nothing is stored yet."
