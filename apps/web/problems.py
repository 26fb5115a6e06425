"""What services refuse, as pages show it."""

from typing import Any

from apps.accounts.models import User
from apps.audit.selectors import records
from apps.changes.errors import ChangeError, Conflict, Invalid
from apps.changes.models import Change


def status_of(error: ChangeError) -> int:
    """422 where the input is wrong, 409 where the state of things is against it."""
    return 422 if isinstance(error, Invalid) else 409


def conflict_of(user: User, change: Change, error: ChangeError) -> dict[str, Any]:
    """Context for a page whose input could not be stored: who changed what in the meantime."""
    change.refresh_from_db()
    context: dict[str, Any] = {"change": change, "error": str(error)}
    if isinstance(error, Conflict):
        edits = records(user).filter(change_number=change.pk, object_type="change")
        latest = edits[:3]
        context |= {"conflict": str(error), "conflict_records": latest, "error": ""}
    return context
