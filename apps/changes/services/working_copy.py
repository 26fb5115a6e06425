"""What every edit of a draft does: look whether it may, and write it with its record."""

from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import record
from apps.changes.announce import announce
from apps.changes.errors import Conflict
from apps.changes.models import Change
from apps.changes.states import expect, locked
from apps.inventory.endpoints import claims_in, keep_claims
from lvs.documents import Document


def opened(actor: User, change: Change, version: int) -> Change:
    """The draft, locked, when this person may edit it (only its author may) and saw it as it is."""
    require(actor, "change.edit", change)
    change = locked(change)
    expect(change, Change.State.DRAFT, act="edited")
    if change.version != version:
        raise Conflict(
            "You changed this draft in another window meanwhile: nothing is stored yet. "
            "Compare, then save again."
        )
    return change


def store(
    actor: User,
    change: Change,
    action: str,
    *,
    before: Any = None,
    after: Any = None,
    **fields: Any,
) -> Change:
    """Write these fields of a locked draft, its next version, and the record."""
    if "table" in fields:
        fields["rolls_back_to"] = None  # an edited table is no longer that revision's
    fields |= {"version": change.version + 1, "updated_at": timezone.now()}
    Change.objects.filter(pk=change.pk).update(**fields)
    for name, value in fields.items():
        setattr(change, name, value)
    record(
        actor=actor,
        action=action,
        obj=change,
        before=before,
        after=after,
        reason=change.reason,
        change_number=change.pk,
    )
    if "table" in fields:
        note_claims(change, change.table)
    announce(change)
    return change


def note_claims(change: Change, table: Document) -> None:
    """Keep the index of what the change claims: all that this table does, and nothing else."""
    keep_claims(change.endpoints, claims_in(table), change=change)
