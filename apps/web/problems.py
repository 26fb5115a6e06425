"""What services refuse, as pages show it."""

from typing import Any

from apps.accounts.models import User
from apps.audit.selectors import records
from apps.changes.errors import ChangeError, Conflict, Invalid
from apps.changes.models import Change
from apps.web.forms.fields import TiedForm
from lvs.rules import Problem


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


def blame(form: TiedForm, error: ChangeError) -> str:
    """Put each problem beside its field; what belongs to none is returned as one text."""
    found = error.problems if isinstance(error, Invalid) else []
    rest = [problem.message for problem in found if not _field_of(form, problem)]
    if len(rest) == len(found):
        return str(error)
    for problem in found:
        if field := _field_of(form, problem):
            form.add_error(field, problem.message)
    return " ".join(rest)


def _field_of(form: TiedForm, problem: Problem) -> str:
    name = str(problem.path[0]) if problem.path else ""
    return name if name in form.fields else ""
