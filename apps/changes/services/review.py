"""Verdicts on a change, and its author's second thoughts."""

from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import can, require
from apps.audit.services import record
from apps.changes.announce import announce
from apps.changes.approval import approvals_of, approvers_named, counts, policy_of
from apps.changes.claims import refuse_claimed
from apps.changes.errors import Conflict, Invalid, NotAllowed
from apps.changes.models import Change, Review
from apps.changes.selectors import table_of
from apps.changes.services.progress import mark_stale
from apps.changes.services.rebase import rebase_if_clear
from apps.changes.staleness import what_moved
from apps.changes.states import expect, locked, move
from lvs.rules import Problem

S = Change.State
B = Change.Basis


@transaction.atomic
def approve_change(
    *, actor: User, change: Change, digest: str, version: int | None = None, comment: str = ""
) -> Change:
    """Approve exactly the table with this digest, as it was submitted in this version.

    version: the one that the person was shown, None = that of `change` as it was read. A table that
    was submitted again may have other plans, and take over services that it left alone before.
    Returns the change: approved; still in review while the policy asks for more; or stale when what it
    was made from has moved (`state_note` says what). Raises PermissionDenied (the author, or no right),
    NotAllowed, Conflict.
    """
    require(actor, "change.review", change)
    change = _in_review(change, digest, version, "approved")
    cluster = change.cluster
    if moved := what_moved(change):
        return mark_stale(change=change, note=moved)
    busy = cluster.changes.filter(state=S.APPLYING).first()
    if busy is not None:
        raise NotAllowed(f"Change #{busy.pk} is being applied to {cluster}: wait until it ends.")
    check_counts(actor, change)
    refuse_claimed(actor, change, table_of(change).services)
    store_review(actor, change, Review.Verdict.APPROVE, comment)
    approvals = approvals_of(change)
    if approvals.complete:
        enough = len(approvals.given) >= policy_of(change.cluster).approvals
        # Fewer: the policy came to ask for nobody, for such an edit, while it was in review.
        move(change, S.APPROVED, approved_by=B.PEOPLE if enough else B.POLICY)
    done = f"{len(approvals.given)} of {approvals.needed}"
    return _noted(actor, change, "change.approved", S.IN_REVIEW, comment, approvals=done)


@transaction.atomic
def reject_change(
    *, actor: User, change: Change, digest: str, version: int | None = None, comment: str = ""
) -> Change:
    """Say no to exactly what `approve_change` would approve.

    Raises as `approve_change`, Invalid without a why.
    """
    require(actor, "change.review", change)
    change = _in_review(change, digest, version, "rejected")
    if not comment.strip():
        message = "Say why you reject it: its author needs to know what to mend."
        raise Invalid([Problem(("comment",), "comment.missing", message)])
    store_review(actor, change, Review.Verdict.REJECT, comment)
    move(change, S.REJECTED, note=comment.strip())
    return _noted(actor, change, "change.rejected", S.IN_REVIEW, comment)


@transaction.atomic
def withdraw_change(*, actor: User, change: Change) -> Change:
    """Give a change up before it is applied: its author, or who manages its directors."""
    if not can(actor, "director.manage", change):
        require(actor, "change.edit", change)
    change = locked(change)
    expect(change, S.DRAFT, S.IN_REVIEW, S.APPROVED, S.REJECTED, S.STALE, act="withdrawn")
    before = change.state
    move(change, S.WITHDRAWN)
    return _noted(actor, change, "change.withdrawn", before)


@transaction.atomic
def reopen_change(*, actor: User, change: Change) -> Change:
    """Make a draft of it again: plans and approvals are void, edits move to the head of now.

    Where the head changed the same parts, the draft stays on the base that it had: its author decides,
    and then calls `rebase_change`. Raises NotAllowed in any other state.
    """
    require(actor, "change.edit", change)
    change = locked(change)
    expect(change, S.IN_REVIEW, S.APPROVED, S.REJECTED, S.STALE, act="reopened")
    before = change.state
    change.plans.all().delete()
    move(change, S.DRAFT, **UNSUBMITTED)
    _noted(actor, change, "change.reopened", before)
    return rebase_if_clear(actor, change)


UNSUBMITTED: dict[str, Any] = {
    "digest": "",
    "submitted_at": None,
    "adopt": False,
    "allow_empty": False,
    "approved_by": "",
}
"""What a submit has set, as a draft has it."""


@transaction.atomic
def comment_on_change(*, actor: User, change: Change, comment: str) -> Review:
    """Say something about a change without a verdict: whoever may review it.

    Raises Invalid without a text, PermissionDenied (its author, too), NotAllowed on a draft.
    """
    require(actor, "change.comment", change)
    change = locked(change)
    if change.state == S.DRAFT:
        raise NotAllowed(f"Change #{change.pk} is a draft: it can't be commented on yet.")
    if not comment.strip():
        raise Invalid([Problem(("comment",), "comment.missing", "Write what you want to say.")])
    review = store_review(actor, change, Review.Verdict.COMMENT, comment)
    _noted(actor, change, "change.commented", change.state, comment)
    return review


def check_counts(actor: User, change: Change) -> None:
    """Raises NotAllowed when this person's approval would not count, or not again."""
    policy = policy_of(change.cluster)
    if not counts(policy, actor):
        names = ", ".join(user.display_name for user in approvers_named(policy))
        raise NotAllowed(f"In {change.cluster} only the approval of {names} counts.")
    if change.reviews.filter(
        reviewer=actor, version=change.version, verdict=Review.Verdict.APPROVE
    ).exists():
        raise NotAllowed("You have approved it already: now somebody else must.")


def _in_review(change: Change, digest: str, version: int | None, act: str) -> Change:
    shown = change.version if version is None else version
    change = locked(change)
    expect(change, S.IN_REVIEW, act=act)
    if (change.digest, change.version) != (digest, shown):
        raise Conflict("The change is not the one that you were shown: look at it again.")
    return change


def store_review(
    actor: User, change: Change, verdict: Review.Verdict, comment: str, **fields: Any
) -> Review:
    """Write what a person said of a locked change as it is now."""
    return Review.objects.create(
        change=change,
        author=change.author,
        reviewer=actor,
        verdict=verdict,
        digest=change.digest,
        version=change.version,
        **fields,
        comment=comment.strip(),
    )


def _noted(
    actor: User, change: Change, action: str, before: str, comment: str = "", **after: Any
) -> Change:
    record(
        actor=actor,
        action=action,
        obj=change,
        before={"state": before},
        after={"state": change.state, **after}
        | ({"digest": change.digest} if change.digest else {}),
        reason=comment.strip() or change.reason,
        change_number=change.pk,
    )
    announce(change)
    return change
