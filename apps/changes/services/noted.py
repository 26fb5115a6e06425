"""A step of a change, written into the audit log and told to whoever looks at it."""

from typing import Any

from apps.accounts.models import User
from apps.audit.services import record
from apps.changes.announce import announce
from apps.changes.models import Change


def noted(
    actor: User, change: Change, action: str, before: str, comment: str = "", **after: Any
) -> Change:
    """Record that a (locked) change went from `before` to what it is now; returns it."""
    record(
        actor=actor,
        action=action,
        obj=change,
        before={"state": before},
        after={"state": change.state, **after}
        | ({"digest": change.digest} if change.digest else {}),
        reason=comment.strip() or change.reason,
        change_number=change.pk,
    )
    announce(change)
    return change
