"""Verdicts on a change, and its author's second thoughts."""

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import can, require
from apps.audit.services import record
from apps.changes.announce import announce
from apps.changes.errors import Conflict, Invalid, NotAllowed
from apps.changes.models import Change, Review
from apps.changes.services.draft import rebase
from apps.changes.services.progress import mark_stale
from apps.changes.staleness import what_moved
from apps.changes.states import expect, locked, move
from lvs.rules import Problem

S = Change.State


@transaction.atomic
def approve_change(
    *, actor: User, change: Change, digest: str, version: int | None = None, comment: str = ""
) -> Change:
    """Approve exactly the table with this digest, as it was submitted in this version.

    version: the one that the person was shown, None = that of `change` as it was read. A table that
    was submitted again may have other plans, and take over services that it left alone before.
    Returns the change: approved, or stale when what it was made from has moved (`state_note` says
    what). Raises PermissionDenied (the author, or no right), NotAllowed, Conflict.
    """
    require(actor, "change.review", change)
    change = _in_review(change, digest, version, "approved")
    cluster = change.cluster
    if moved := what_moved(change):
        return mark_stale(change=change, note=moved)
    busy = cluster.changes.filter(state__in=(S.APPROVED, S.APPLYING)).first()
    if busy is not None:
        raise NotAllowed(f"Change #{busy.pk} is being applied to {cluster}: wait until it ends.")
    _review(actor, change, Review.Verdict.APPROVE, comment)
    move(change, S.APPROVED)
    return _noted(actor, change, "change.approved", S.IN_REVIEW, comment)


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
    _review(actor, change, Review.Verdict.REJECT, comment)
    move(change, S.REJECTED, note=comment.strip())
    return _noted(actor, change, "change.rejected", S.IN_REVIEW, comment)


@transaction.atomic
def withdraw_change(*, actor: User, change: Change) -> Change:
    """Give a change up before it is approved: its author, or who manages the console."""
    if not can(actor, "director.manage", change):
        require(actor, "change.edit", change)
    change = locked(change)
    expect(change, S.DRAFT, S.IN_REVIEW, S.REJECTED, S.STALE, act="withdrawn")
    before = change.state
    move(change, S.WITHDRAWN)
    return _noted(actor, change, "change.withdrawn", before)


@transaction.atomic
def reopen_change(*, actor: User, change: Change) -> Change:
    """Make a draft of it again: plans and approvals are void, edits move to the head of now.

    Raises NotAllowed in any other state, Invalid when the head changed the same services.
    """
    require(actor, "change.edit", change)
    change = locked(change)
    expect(change, S.IN_REVIEW, S.REJECTED, S.STALE, act="reopened")
    before = change.state
    change.plans.all().delete()
    move(change, S.DRAFT, digest="", submitted_at=None, adopt=False, allow_empty=False)
    _noted(actor, change, "change.reopened", before)
    return rebase(actor, change)


def _in_review(change: Change, digest: str, version: int | None, act: str) -> Change:
    shown = change.version if version is None else version
    change = locked(change)
    expect(change, S.IN_REVIEW, act=act)
    if (change.digest, change.version) != (digest, shown):
        raise Conflict("The change is not the one that you were shown: look at it again.")
    return change


def _review(actor: User, change: Change, verdict: Review.Verdict, comment: str) -> None:
    Review.objects.create(
        change=change,
        author=change.author,
        reviewer=actor,
        verdict=verdict,
        digest=change.digest,
        comment=comment.strip(),
    )


def _noted(actor: User, change: Change, action: str, before: str, comment: str = "") -> Change:
    record(
        actor=actor,
        action=action,
        obj=change,
        before={"state": before},
        after={"state": change.state} | ({"digest": change.digest} if change.digest else {}),
        reason=comment.strip() or change.reason,
        change_number=change.pk,
    )
    announce(change)
    return change
