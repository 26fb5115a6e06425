"""Putting another whole table into a draft."""

from django.db import transaction

from apps.accounts.models import User
from apps.changes.changed_parts import changed_parts
from apps.changes.errors import Invalid
from apps.changes.models import Change
from apps.changes.selectors import table_of
from apps.changes.services.working_copy import opened, store
from lvs.canonical_form import canonical_table
from lvs.documents import table_to_document
from lvs.model import Table
from lvs.rules import check_table, errors_in


@transaction.atomic
def put_table(*, actor: User, change: Change, version: int, table: Table) -> Change:
    """Put this table in the place of all that the draft holds, with one audit record of what changed.

    Raises Invalid with every error of the table, as an import would be refused (paths as those of
    `lvs.rules.check_table`); Conflict when the draft has another version.
    """
    change = opened(actor, change, version)
    if errors := errors_in(check_table(table)):
        raise Invalid(errors)
    before, made = table_of(change), canonical_table(table)
    if made == before:
        return change
    was, now = changed_parts(before, made)
    return store(
        actor,
        change,
        "change.table_replaced",
        before=was,
        after=now,
        table=table_to_document(made),
    )
