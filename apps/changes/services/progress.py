"""What becomes of a change after its approval; called by the jobs, and by reviews that come too late."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.changes.announce import announce
from apps.changes.claims import take_turn
from apps.changes.models import UNCONFIRMED, Change, DirectorPlan, ProposedEndpoint
from apps.changes.planning import plan_even_if_unknown, taken_over
from apps.changes.selectors import directors_of, table_of
from apps.changes.services.drift import settle_drifts
from apps.changes.services.working_copy import note_claims
from apps.changes.signals import happened
from apps.changes.states import expect, locked, move
from apps.changes.timing import minutes_to_confirm
from apps.inventory.models import Revision
from apps.inventory.services import mark_applied

S = Change.State


@transaction.atomic
def start_change(*, actor: User | None, change: Change, revision: Revision) -> Change:
    """An approved change begins to be applied as this revision; actor None: because its time has come.

    The policy of now may ask that it be confirmed. Raises NotAllowed in another state.
    """
    change = locked(change)
    expect(change, S.APPROVED, act="started")
    asked, minutes = change.confirm_within, minutes_to_confirm(change)
    move(change, S.APPLYING, revision=revision, confirm_within=minutes)
    record(
        actor=actor,
        action="change.started",
        obj=change,
        before={"state": S.APPROVED},
        after={"state": change.state, "revision": revision.number}
        | ({"confirm_within": minutes} if minutes != asked else {}),
        reason=change.reason,
        change_number=change.pk,
    )
    announce(change)
    return change


@transaction.atomic
def plan_anew(*, change: Change) -> Change:
    """An emergency's turn has come: whatever became of the change it waited for, it goes back to the whole
    table of its revision, from what each director holds now.

    From a director it takes over what others put there only where its author was shown just that, and said
    so; else that director refuses it.
    """
    change = locked(change)
    table = table_of(change)
    shown = {plan.director_id: plan for plan in change.plans.filter(adopt=True)}
    change.plans.all().delete()
    plans = [plan_even_if_unknown(change, each, table) for each in directors_of(change)]
    for plan in plans:
        before = shown.get(plan.director_id)
        plan.adopt = before is not None and taken_over(plan, table) == taken_over(before, table)
    DirectorPlan.objects.bulk_create(plans)
    record(
        actor=None,
        action="change.planned_anew",
        obj=change,
        after={
            "steps": {plan.director.name: len(plan.steps) for plan in plans},
            "conflicts": {plan.director.name: plan.conflicts for plan in plans if plan.conflicts},
            "adopt": [plan.director.name for plan in plans if plan.adopt],
        },
        change_number=change.pk,
    )
    return change


@transaction.atomic
def end_change(*, change: Change, state: Change.State, note: str = "") -> bool:
    """All runs of the change have ended: applied, failed or partial. Returns whether that is news.

    An applied change makes its revision the head, unless a newer one is it already, and what waits
    for review on the old head becomes stale. Raises NotAllowed on an illegal step.
    """
    change = locked(change)
    if change.state == state:
        Change.objects.filter(pk=change.pk).update(state_note=note[:300])
        return False
    before = change.state
    move(change, state, note=note)
    record(
        actor=None,
        action=f"change.{state}",
        obj=change,
        before={"state": before},
        after={"state": state, "note": note} if note else {"state": state},
        reason=change.reason,
        change_number=change.pk,
    )
    if state == S.APPLIED and change.revision is not None:
        _make_head(change, change.revision)
    if state == S.PARTIAL and change.approved_by == Change.Basis.EMERGENCY:
        _settle_unconfirmed(change)  # some directors hold what it went back to
    settle_drifts(cluster=change.cluster)
    happened.send(sender=Change, change=change, event=str(state), actor=None)
    if state == S.APPLIED and change.waits_for_confirmation:
        happened.send(sender=Change, change=change, event="confirm_due", actor=None)
    announce(change)
    return True


@transaction.atomic
def mark_stale(*, change: Change, note: str) -> Change:
    """What the change was made from has moved: no approval counts any more."""
    change = locked(change)
    before = change.state
    move(change, S.STALE, note=note, review_due=False, approved_by="")
    record(
        actor=None,
        action="change.stale",
        obj=change,
        before={"state": before},
        after={"state": change.state, "note": note},
        reason=note,
        change_number=change.pk,
    )
    announce(change)
    return change


def _make_head(change: Change, revision: Revision) -> None:
    cluster = change.cluster  # locked with the change
    if cluster.head is not None and cluster.head.number > revision.number:
        return  # the truth came late: a newer revision is there already
    if change.confirm_within:
        change.confirm_by = timezone.now() + timedelta(minutes=change.confirm_within)
        Change.objects.filter(pk=change.pk).update(confirm_by=change.confirm_by)
    take_turn()  # nobody may look between what the old head claimed and what is kept of it
    mark_applied(revision=revision, change_number=change.pk)
    # What earlier changes left on some directors is gone: all of them verified this table.
    halfway = ProposedEndpoint.objects.filter(change__cluster=cluster)
    halfway.filter(change__state__in=(S.FAILED, S.PARTIAL)).delete()
    if change.waits_for_confirmation and change.base is not None:
        note_claims(change, change.base.table)  # what may be put back isn't free yet
    for draft in cluster.changes.filter(state=S.DRAFT).only("pk", "cluster_id"):
        announce(draft)  # the head moved under it
    _settle_unconfirmed(change)
    waiting = (S.IN_REVIEW, S.APPROVED)
    going_first = Q(state=S.APPROVED, approved_by=Change.Basis.EMERGENCY)
    others = cluster.changes.filter(state__in=waiting).exclude(going_first)
    for other in others.order_by("pk"):
        mark_stale(change=other, note=f"Change #{change.pk} was applied since it was submitted.")


def _settle_unconfirmed(change: Change) -> None:
    """What an earlier change left to be confirmed is no longer there: nothing of it is to be taken back.

    Only an emergency's rollback gets past a change that waits to be confirmed. The truth about it may come
    so late that a newer one waits by then.
    """
    assert change.revision is not None
    older = change.cluster.changes.filter(UNCONFIRMED)
    for other in older.filter(revision__number__lt=change.revision.number):
        settle(other, f"change {change.pk}")


def settle(change: Change, by: str) -> None:
    """A (locked) change needs no confirmation any more, and won't be taken back. by: because of what."""
    Change.objects.filter(pk=change.pk).update(confirm_by=None, state_note="")
    ProposedEndpoint.objects.filter(change=change).delete()
    record(
        actor=None,
        action="change.settled",
        obj=change,
        after={"by": by},
        change_number=change.pk,
    )
    announce(change)
