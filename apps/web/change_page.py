"""What the page of a change shows, gathered."""

import zlib
from typing import Any

from django.http import QueryDict

from apps.accounts.policy import can
from apps.changes import selectors
from apps.changes.approval import (
    approvals_of,
    approvers_named,
    counts,
    in_the_way,
    needed_for,
    policy_of,
)
from apps.changes.models import Change
from apps.changes.staleness import moved_since_submit
from apps.changes.taking_back import way_back
from apps.changes.timing import minutes_to_confirm
from apps.web.change_plans import plans_of
from apps.web.change_runs import runs_of
from apps.web.differences import parts_between
from apps.web.draft_page import listed, problems_of, proposal
from apps.web.forms.submit import SubmitForm
from apps.web.side_by_side import side_by_side
from lvs.model import Table
from lvs.plan import claims
from lvs.rules import is_usable


def mark_of(change: Change, waits_for: str | None = None) -> str:
    """What the body of the page depends on: while it stays, the body stays. waits_for: where that was
    asked already."""
    waits = _waits_for(change) if waits_for is None else waits_for
    said = change.reviews.count()
    after = f"{change.confirmed_at is not None}.{change.was_taken_back}.{change.review_due}"
    head = change.cluster.head_id or 0
    policy = f"{policy_of(change.cluster).version}.{zlib.crc32(waits.encode()):x}"
    return f"{change.state}.{change.version}.{change.digest[:12]}.{head}.{said}.{after}.{policy}"


def head_of(user: Any, change: Change) -> dict[str, Any]:
    """What the head of the page needs."""
    return {"change": change, "cluster": change.cluster, "editable": _editable(user, change)}


def approval_part(user: Any, change: Change) -> dict[str, Any]:
    """How far its approval is, and what this person may do about it."""
    policy = policy_of(change.cluster)
    approvals = approvals_of(change)
    needed = needed_for(change)
    revision = change.rolls_back_to
    goes_back = revision is not None and revision.applied_at is not None
    kept = revision is not None and goes_back and selectors.was_kept(revision)
    return {
        "approvals": approvals,
        "needed": needed,
        "free_by_weights": needed == 0 and policy.approvals > 0,
        "approvers": [user.display_name for user in approvers_named(policy)],
        "gave_approval": any(review.reviewer_id == user.pk for review in approvals.given),
        "not_counted": can(user, "change.review", change) and not counts(policy, user),
        "in_the_way": _waits_for(change),
        "minutes_to_confirm": _minutes(change),
        "cluster_confirms": policy.confirm_within,
        "may_go_first": kept and can(user, "change.emergency", change),
        "submit_form": SubmitForm(None, policy=policy),
    }


def _waits_for(change: Change) -> str:
    """What keeps it from beginning, as a sentence; "" = nothing, or that is not asked any more."""
    return in_the_way(change) if change.state in ("in_review", "approved") else ""


def _minutes(change: Change) -> int:
    ahead = change.state in ("in_review", "approved")
    return minutes_to_confirm(change) if ahead else change.confirm_within


def body_of(user: Any, change: Change, asked: QueryDict | None = None) -> dict[str, Any]:
    """What the body needs: the difference, the plans, the review. asked: of a draft's list of services."""
    table = selectors.table_of(change)
    draft = change.state == "draft"
    before, after, moved = proposal(change, table)
    approval = approval_part(user, change)
    plans = plans_of(change, tables=(before, after))
    return (
        head_of(user, change)
        | approval
        | {
            "mark": mark_of(change, approval["in_the_way"]),
            "diff": side_by_side(before, after),
            "compared": change.cluster.head if draft else change.base,
            "moved": moved,
            "problems": problems_of(user, change, table),
            "listed": listed(table, asked or QueryDict()) if _editable(user, change) else None,
            "claimed": _claimed(change, table) if draft else [],
            "unusable": [service for service in table.services if not is_usable(service)],
            "plans": plans,
            "refused": any(plan.conflicts and not plan.adopt for plan in plans),
            "was_started": change.runs.exists(),
            "reviews": list(change.reviews.all()),
            "mine": change.author_id == user.pk,
            "may_review": can(user, "change.review", change),
            "may_edit": can(user, "change.edit", change),
            "may_propose": can(user, "change.edit", change.cluster),
            "not_put_back": _not_put_back(change),
        }
    )


def moved_of(user: Any, change: Change) -> dict[str, Any]:
    """What directors hold otherwise than when the change was submitted, while that matters."""
    moved = moved_since_submit(user, change)
    return {
        "change": change,
        "kernels_moved": [(each, parts_between(each.before, each.now)) for each in moved],
    }


def page_of(user: Any, change: Change, asked: QueryDict | None = None) -> dict[str, Any]:
    """What the whole page needs."""
    return body_of(user, change, asked) | runs_of(change) | moved_of(user, change)


def _editable(user: Any, change: Change) -> bool:
    return change.state == "draft" and can(user, "change.edit", change)


def _not_put_back(change: Change) -> list[str]:
    """What would stay as the change made it, were it taken back: sentences."""
    ahead = _minutes(change) and change.state in ("in_review", "approved", "applying")
    if not ahead and not change.waits_for_confirmation:
        return []
    return way_back(change, list(selectors.directors_of(change))).left


def _claimed(change: Change, table: Table) -> list[tuple[str, list[str]]]:
    """What of the draft directors hold already, put there by someone else."""
    found = []
    for director in selectors.directors_of(change):
        observed = selectors.observed_of(director)
        names = claims(observed.table, table, observed.owned) if observed else []
        if names:
            found.append((director.name, names))
    return found
