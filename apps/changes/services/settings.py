"""The settings of a draft: timeouts, sync daemons and sysctls of its directors."""

from django.db import transaction

from apps.accounts.models import User
from apps.changes.errors import Invalid
from apps.changes.models import Change
from apps.changes.selectors import table_of
from apps.changes.services.working_copy import opened, store
from lvs.canonical_form import canonical_table
from lvs.documents import table_to_document
from lvs.rules import check_settings, errors_in
from lvs.settings import SyncDaemon, Sysctl, Timeouts, settings_to_document


@transaction.atomic
def put_settings(
    *,
    actor: User,
    change: Change,
    version: int,
    timeouts: Timeouts,
    sync: tuple[SyncDaemon, ...] | None,
    sysctls: tuple[Sysctl, ...],
) -> Change:
    """Put these settings into the draft, in the place of all that it had; its services stay.

    timeouts: seconds, 0 = as the director has it; sync: () = no daemon may run, None = as the director
    has it; sysctls: those that are set, each once.
    Raises Invalid with every problem, paths from ("timeouts",), ("sync",) or ("sysctls",) on; Conflict
    when the draft has another version.
    """
    change = opened(actor, change, version)
    old = table_of(change)
    typed = old._replace(timeouts=timeouts, sync=sync, sysctls=sysctls)
    if errors := errors_in(check_settings(typed)):
        raise Invalid(errors)
    new = canonical_table(typed)
    if new == old:
        return change
    return store(
        actor,
        change,
        "change.settings_edited",
        before=settings_to_document(*old.settings),
        after=settings_to_document(*new.settings),
        table=table_to_document(new),
    )
