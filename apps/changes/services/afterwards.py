"""After a change was applied: confirming it, taking it back, and looking at what went first."""

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import record
from apps.changes.announce import announce
from apps.changes.approval import approvals_of
from apps.changes.errors import Invalid, NotAllowed
from apps.changes.models import Change, DirectorPlan, Review
from apps.changes.planning import plan_even_if_unknown
from apps.changes.selectors import directors_of, table_of
from apps.changes.services.progress import mark_stale, settle
from apps.changes.services.verdict import check_counts, store_review
from apps.changes.services.working_copy import note_claims
from apps.changes.signals import happened
from apps.changes.states import expect, locked, move
from apps.changes.taking_back import way_back
from lvs.documents import table_to_document
from lvs.rules import Problem

S = Change.State
WENT = (S.APPROVED, S.APPLYING, S.APPLIED, S.FAILED, S.PARTIAL)
"""Where a change can be that goes first, and is reviewed after."""


@transaction.atomic
def confirm_change(*, actor: User, change: Change) -> Change:
    """Say that an applied change stays. Raises NotAllowed when it needs no confirmation, or no longer."""
    require(actor, "change.run", change)
    change = locked(change)
    if not change.waits_for_confirmation or change.confirm_by is None:
        raise NotAllowed(f"Change #{change.pk} waits for no confirmation.")
    now = timezone.now()
    if now >= change.confirm_by:
        raise NotAllowed(f"Change #{change.pk} was not confirmed in time: it is being taken back.")
    Change.objects.filter(pk=change.pk).update(confirmed_at=now, confirmed_by=actor)
    change.confirmed_at, change.confirmed_by = now, actor
    change.endpoints.all().delete()  # it stays: what it gave up is free
    record(
        actor=actor,
        action="change.confirmed",
        obj=change,
        after={"confirmed": True},
        reason=change.reason,
        change_number=change.pk,
    )
    announce(change)
    return change


@transaction.atomic
def take_back(*, change: Change) -> Change | None:
    """The change that puts back the table from before one that nobody confirmed in time, approved.

    It goes to those directors that got the change, each by itself: one that can't be read keeps no other
    from it. What can't go back (`way_back`) is in its reason. None: it was confirmed, or taken back, in
    this very moment, or none of its directors is left. Raises NotAllowed while another change is being
    applied.
    """
    change = locked(change)
    if not change.waits_for_confirmation or change.confirm_by is None:
        return None
    if timezone.now() < change.confirm_by:
        return None
    if change.cluster.changes.filter(state=S.APPLYING).exists():
        raise NotAllowed(f"Another change is being applied to {change.cluster}.")
    had_it = {plan.director_id for plan in change.plans.all()}
    directors = [director for director in directors_of(change) if director.pk in had_it]
    if not directors:
        settle(change, "its directors left the cluster")
        return None
    table, left = way_back(change, directors)
    reason = f"Nobody confirmed it within {change.confirm_within} minutes."
    back = Change.objects.create(
        cluster=change.cluster,
        title=f"Take back #{change.pk}: not confirmed"[:120],
        reason=" ".join([reason, *(["Left as it is:", *left] if left else [])]),
        author=change.author,
        table=table_to_document(table),
        base=change.cluster.head,
        takes_back=change,
    )
    change.endpoints.all().delete()
    Change.objects.filter(pk=change.pk).update(state_note="")  # why it had to wait
    note_claims(back, back.table)
    plans = [plan_even_if_unknown(back, director, table) for director in directors]
    # Daemons that the change gave up run still, as before: they are nobody else's.
    given_up = set(map(str, table.sync or ())) if table_of(change).sync is None else set()
    for plan in plans:
        plan.adopt = bool(plan.conflicts) and given_up.issuperset(plan.conflicts)
    DirectorPlan.objects.bulk_create(plans)
    move(
        back,
        S.IN_REVIEW,
        digest=table.digest,
        submitted_at=timezone.now(),
        allow_empty=True,  # confirmed as the table from before was approved
    )
    move(back, S.APPROVED, approved_by=Change.Basis.UNCONFIRMED)
    record(
        actor=None,
        action="change.taken_back",
        obj=back,
        after={"state": back.state, "digest": back.digest, "takes_back": change.pk}
        | ({"left": left} if left else {}),
        reason=back.reason,
        change_number=back.pk,
    )
    happened.send(sender=Change, change=change, event="taken_back", actor=None)
    announce(change)
    announce(back)
    return back


@transaction.atomic
def review_afterwards(
    *, actor: User, change: Change, verdict: Review.Verdict, comment: str = ""
) -> Change:
    """Look at a change that had gone first: agree, or object (with a why).

    With as many verdicts as the policy asks approvals (one at least), or one objection, its review is no
    longer due. One that has not begun yet does not begin after an objection: it is stale. Raises
    PermissionDenied, NotAllowed, Invalid.
    """
    require(actor, "change.review", change)
    change = locked(change)
    if not change.review_due:
        raise NotAllowed(f"Change #{change.pk} waits for no review.")
    if verdict == Review.Verdict.REJECT and not comment.strip():
        raise Invalid([Problem(("comment",), "comment.missing", "Say why you object.")])
    expect(change, *WENT, act="reviewed afterwards")
    objected = verdict == Review.Verdict.REJECT
    if not objected:  # whoever may review may object
        check_counts(actor, change)
    store_review(actor, change, verdict, comment, afterwards=True)
    approvals = approvals_of(change)
    if objected or approvals.complete:
        Change.objects.filter(pk=change.pk).update(review_due=False)
        change.review_due = False
    record(
        actor=actor,
        action="change.objected" if objected else "change.approved_afterwards",
        obj=change,
        after={"review due": change.review_due},
        reason=comment.strip(),
        change_number=change.pk,
    )
    if objected and change.state == S.APPROVED:
        return mark_stale(change=change, note=f"{actor.display_name} objected before it began.")
    announce(change)
    return change
