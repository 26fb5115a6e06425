"""Opening a draft with a table that came from elsewhere: a file, or a director's kernel."""

from django.db import transaction

from apps.accounts.models import User
from apps.changes.merging import merged
from apps.changes.models import Change
from apps.changes.selectors import table_of
from apps.changes.services.draft import open_draft
from apps.changes.services.working_copy import store
from apps.inventory.models import Cluster
from lvs.documents import table_to_document
from lvs.model import Table


@transaction.atomic
def open_imported(
    *,
    actor: User,
    cluster: Cluster,
    title: str,
    table: Table,
    source: str,
    replace: bool,
    reason: str = "",
) -> Change:
    """A new draft that holds `table` (replace), or the head with `table` put over it.

    source: where it came from, for the audit log: `file web.conf (keepalived)`, `director lvs-1`.
    What is wrong with the table is for the draft's page to say, and for its submit to refuse. Raises
    PermissionDenied, and Invalid without a title.
    """
    change = open_draft(actor=actor, cluster=cluster, title=title, reason=reason)
    made = table if replace else merged(table_of(change), table)
    document = table_to_document(made)
    return store(
        actor,
        change,
        "change.imported",
        before={"table": change.table},
        after={"source": source, "table": document},
        table=document,
    )
