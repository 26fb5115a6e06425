"""Verdicts on a change that was submitted."""

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.changes.approval import approvals_of, policy_of
from apps.changes.claims import refuse_claimed
from apps.changes.errors import Conflict, Invalid, NotAllowed
from apps.changes.models import Change, Review
from apps.changes.selectors import table_of
from apps.changes.services.noted import noted
from apps.changes.services.progress import mark_stale
from apps.changes.services.verdict import adds_a_voice, check_counts, store_review
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
    refuse_claimed(actor, change, table_of(change).services)
    approvals = approvals_of(change)
    if not approvals.complete or adds_a_voice(actor, change, approvals):
        check_counts(actor, change)
        store_review(actor, change, Review.Verdict.APPROVE, comment)
        approvals = approvals_of(change)
    if approvals.complete:
        given = len(approvals.given)
        enough = given > 0 and given >= policy_of(change.cluster).approvals
        # Fewer: the policy came to ask for nobody, for such an edit, while it was in review.
        move(change, S.APPROVED, approved_by=B.PEOPLE if enough else B.POLICY)
    done = f"{len(approvals.given)} of {approvals.needed}"
    return noted(actor, change, "change.approved", S.IN_REVIEW, comment, approvals=done)


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
    return noted(actor, change, "change.rejected", S.IN_REVIEW, comment)


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
    noted(actor, change, "change.commented", change.state, comment)
    return review


def _in_review(change: Change, digest: str, version: int | None, act: str) -> Change:
    shown = change.version if version is None else version
    change = locked(change)
    expect(change, S.IN_REVIEW, act=act)
    if (change.digest, change.version) != (digest, shown):
        raise Conflict("The change is not the one that you were shown: look at it again.")
    return change
