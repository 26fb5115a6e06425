"""Everything that writes changes and reviews."""

from apps.changes.services.afterwards import confirm_change, review_afterwards, take_back
from apps.changes.services.bulk import edit_many
from apps.changes.services.draft import (
    edit_details,
    open_draft,
    put_service,
    remove_service,
)
from apps.changes.services.drift import settle_drift, settle_drifts
from apps.changes.services.drift_acts import (
    adopt_drift,
    heed_drift,
    ignore_drift,
    open_revert,
)
from apps.changes.services.imports import open_imported
from apps.changes.services.policies import add_freeze, remove_freeze, set_policy
from apps.changes.services.progress import end_change, mark_stale, plan_anew, start_change
from apps.changes.services.rebase import rebase_change
from apps.changes.services.review import approve_change, comment_on_change, reject_change
from apps.changes.services.rollback import open_rollback
from apps.changes.services.settings import put_settings
from apps.changes.services.submit import submit_change
from apps.changes.services.table import put_table
from apps.changes.services.withdraw import reopen_change, withdraw_change, withdraw_with

__all__ = [
    "add_freeze",
    "adopt_drift",
    "approve_change",
    "comment_on_change",
    "confirm_change",
    "edit_details",
    "edit_many",
    "end_change",
    "heed_drift",
    "ignore_drift",
    "mark_stale",
    "open_draft",
    "open_imported",
    "open_revert",
    "open_rollback",
    "plan_anew",
    "put_service",
    "put_settings",
    "put_table",
    "rebase_change",
    "reject_change",
    "remove_freeze",
    "remove_service",
    "reopen_change",
    "review_afterwards",
    "set_policy",
    "settle_drift",
    "settle_drifts",
    "start_change",
    "submit_change",
    "take_back",
    "withdraw_change",
    "withdraw_with",
]
