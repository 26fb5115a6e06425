"""Proposing the table of an earlier revision again."""

from django.db import transaction

from apps.accounts.models import User
from apps.changes.errors import NotAllowed
from apps.changes.models import Change
from apps.changes.services.draft import open_draft
from apps.changes.services.working_copy import store
from apps.inventory.models import Revision


@transaction.atomic
def open_rollback(*, actor: User, revision: Revision, title: str, reason: str = "") -> Change:
    """A new draft that holds exactly the table of this revision.

    Raises NotAllowed for a revision that was never applied, PermissionDenied, Invalid without a title.
    """
    if revision.applied_at is None:
        raise NotAllowed(
            f"{revision} was never applied by every director: it can't be gone back to."
        )
    change = open_draft(actor=actor, cluster=revision.cluster, title=title, reason=reason)
    before = {"table": change.table}
    change = store(
        actor,
        change,
        "change.rollback_opened",
        before=before,
        after={"revision": revision.number, "table": revision.table},
        table=revision.table,
    )
    Change.objects.filter(pk=change.pk).update(rolls_back_to=revision)
    change.rolls_back_to = revision
    return change
