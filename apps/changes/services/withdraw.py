"""Second thoughts about a change: it is given up, or made a draft again."""

from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import can, require
from apps.changes.models import Change
from apps.changes.services.noted import noted
from apps.changes.services.rebase import rebase_if_clear
from apps.changes.states import expect, locked, move

S = Change.State
BEFORE_IT_GOES = (S.DRAFT, S.IN_REVIEW, S.APPROVED, S.REJECTED, S.STALE)


@transaction.atomic
def withdraw_change(*, actor: User, change: Change) -> Change:
    """Give a change up before it is applied: its author, or who manages its directors."""
    if not can(actor, "director.manage", change):
        require(actor, "change.edit", change)
    change = locked(change)
    expect(change, *BEFORE_IT_GOES, act="withdrawn")
    return _withdrawn(actor, change)


@transaction.atomic
def withdraw_with(*, actor: User, change: Change, what: str) -> Change:
    """Give a change up that belongs to something larger (`what`, as a drain), because that is given up.

    It may be another person's: whoever may submit changes of the cluster may end what is larger.
    """
    require(actor, "change.submit", change.cluster)
    change = locked(change)
    expect(change, *BEFORE_IT_GOES, act="withdrawn")
    return _withdrawn(actor, change, f"With {what}.")


def _withdrawn(actor: User, change: Change, why: str = "") -> Change:
    before = change.state
    move(change, S.WITHDRAWN, review_due=False, approved_by="")
    return noted(actor, change, "change.withdrawn", before, why)


@transaction.atomic
def reopen_change(*, actor: User, change: Change) -> Change:
    """Make a draft of it again: plans and approvals are void, edits move to the head of now.

    Where the head changed the same parts, the draft stays on the base that it had: its author decides,
    and then calls `rebase_change`. Raises NotAllowed in any other state.
    """
    require(actor, "change.edit", change)
    change = locked(change)
    expect(change, S.IN_REVIEW, S.APPROVED, S.REJECTED, S.STALE, act="reopened")
    before = change.state
    move(change, S.DRAFT, **UNSUBMITTED)
    change.plans.all().delete()  # once it is a draft: till then the database keeps them
    noted(actor, change, "change.reopened", before)
    return rebase_if_clear(actor, change)


UNSUBMITTED: dict[str, Any] = {
    "digest": "",
    "submitted_at": None,
    "adopt": False,
    "allow_empty": False,
    "approved_by": "",
    "review_due": False,
}
"""What a submit has set, as a draft has it."""
