"""Editing many services and real servers of a draft at once."""

from django.db import transaction

from apps.accounts.models import User
from apps.changes.bulk import Edit, Selection, edited, new_problems
from apps.changes.changed_parts import changed_parts
from apps.changes.errors import Invalid
from apps.changes.models import Change
from apps.changes.selectors import abilities_of, table_of
from apps.changes.services.working_copy import opened, store
from lvs.documents import table_to_document
from lvs.rules import errors_in


@transaction.atomic
def edit_many(
    *, actor: User, change: Change, version: int, selection: Selection, edit: Edit
) -> Change:
    """Do the edit to all that is selected in the draft, with one audit record of what changed.

    Raises Invalid: with what is wrong with selection or edit (paths are their fields), or with each
    error that a service would have and has not yet (paths from ("services", index) of the table that
    it would be). Conflict when the draft has another version.
    """
    change = opened(actor, change, version)
    if wrong := [*selection.problems(), *edit.problems(selection)]:
        raise Invalid(wrong)
    before = table_of(change)
    outcome = edited(before, selection, edit)
    if errors := errors_in(new_problems(outcome, abilities_of(change))):
        raise Invalid(errors)
    if not outcome.changed:
        return change
    was, now = changed_parts(before, outcome.table)
    return store(
        actor,
        change,
        "change.many_edited",
        before=was,
        after=now,
        table=table_to_document(outcome.table),
    )
