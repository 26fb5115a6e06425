"""Everything that writes changes and reviews."""

from apps.changes.services.draft import (
    edit_details,
    open_draft,
    put_service,
    rebase_change,
    remove_service,
)
from apps.changes.services.imports import open_imported
from apps.changes.services.progress import end_change, mark_stale, start_change
from apps.changes.services.review import (
    approve_change,
    reject_change,
    reopen_change,
    withdraw_change,
)
from apps.changes.services.settings import put_settings
from apps.changes.services.submit import submit_change

__all__ = [
    "approve_change",
    "edit_details",
    "end_change",
    "mark_stale",
    "open_draft",
    "open_imported",
    "put_service",
    "put_settings",
    "rebase_change",
    "reject_change",
    "remove_service",
    "reopen_change",
    "start_change",
    "submit_change",
    "withdraw_change",
]
