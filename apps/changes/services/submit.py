"""From draft to review: freezing the table, its digest, and a plan for each director."""

from itertools import repeat
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import record
from apps.changes.announce import announce
from apps.changes.approval import needed_for
from apps.changes.claims import claimed_elsewhere, take_turn
from apps.changes.errors import Conflict, Invalid, NotAllowed, Stale
from apps.changes.models import Change, DirectorPlan
from apps.changes.planning import holds, plan_even_if_unknown, plan_for
from apps.changes.selectors import (
    differs_from_head,
    directors_of,
    head_moved,
    problems_of,
    table_of,
    was_kept,
)
from apps.changes.signals import happened
from apps.changes.states import expect, locked, move
from apps.changes.timing import AT_ONCE, Timing, timing_for
from lvs.model import Table
from lvs.rules import Problem, errors_in, is_usable


@transaction.atomic
def submit_change(
    *,
    actor: User,
    change: Change,
    version: int | None = None,
    adopt: bool = False,
    allow_empty: bool = False,
    timing: Timing = AT_ONCE,
    emergency: bool = False,
) -> Change:
    """Freeze the draft and ask for review; approved at once where the cluster's policy asks for nobody.

    version: the one that the person was shown, None = that of `change` as it was read.
    adopt: take over services that directors hold already without us; allow_empty: yes, services
    without a usable real server are meant; emergency: a rollback goes first and is reviewed after.
    Raises Invalid (with the problems), Stale, NotAllowed, Conflict, PermissionDenied.
    """
    require(actor, "change.submit", change)
    if emergency:
        require(actor, "change.emergency", change)
    shown = change.version if version is None else version
    change = locked(change)
    expect(change, Change.State.DRAFT, act="submitted")
    if change.version != shown:
        raise Conflict("The draft is not the one that you were shown: look at it again.")
    table = table_of(change)
    _check(actor, change, table, allow_empty=allow_empty)
    if emergency:
        _check_emergency(change, table)
    directors = list(directors_of(change))
    make = plan_even_if_unknown if emergency else plan_for
    plans = [make(change, director, table) for director in directors]
    takes_over = any(plan.conflicts for plan in plans)
    timing = timing_for(change, timing, takes_over=takes_over, emergency=emergency)
    if not plans:
        raise NotAllowed(
            f"Cluster {change.cluster} has no director yet: assign one before you submit."
        )
    if not differs_from_head(change) and all(map(holds, directors, plans, repeat(table.digest))):
        raise NotAllowed("Nothing would change: every director holds this table already.")
    if takes_over and not adopt:
        raise NotAllowed(_conflicts(plans))
    for plan in plans:
        plan.adopt = adopt and bool(plan.conflicts)
    DirectorPlan.objects.bulk_create(plans)
    move(
        change,
        Change.State.IN_REVIEW,
        digest=table.digest,
        adopt=adopt,
        allow_empty=allow_empty,
        submitted_at=timezone.now(),
        **timing._asdict(),
        version=change.version + 1,  # a verdict on an earlier submit doesn't count for this one
    )
    _record(actor, change, plans)
    if emergency:
        _approve(actor, change, Change.Basis.EMERGENCY, review_due=True)
        happened.send(sender=Change, change=change, event="review_due", actor=actor)
    elif needed_for(change) == 0:
        _approve(actor, change, Change.Basis.POLICY)
    else:
        happened.send(sender=Change, change=change, event="review_asked", actor=actor)
    announce(change)
    return change


def _approve(actor: User, change: Change, basis: Change.Basis, **fields: Any) -> None:
    move(change, Change.State.APPROVED, approved_by=basis, **fields)
    record(
        actor=actor,
        action="change.approved",
        obj=change,
        before={"state": Change.State.IN_REVIEW},
        after={"state": change.state, "digest": change.digest, "basis": basis.label},
        reason=change.reason,
        change_number=change.pk,
    )


def _check_emergency(change: Change, table: Table) -> None:
    """Raises NotAllowed unless the table was approved and applied before, exactly as it is, and stayed."""
    revision = change.rolls_back_to
    if revision is None or revision.applied_at is None or revision.digest != table.digest:
        raise NotAllowed(
            "Only a rollback can go first: a table that was approved and applied before, as it is."
        )
    if not was_kept(revision):
        raise NotAllowed(
            f"{revision} was to be confirmed, and nobody did: it can't go first. Choose another one, "
            "or submit it for review."
        )


def _check(actor: User, change: Change, table: Table, *, allow_empty: bool) -> None:
    take_turn()
    claimed = claimed_elsewhere(actor, change.cluster, table.services)
    problems = errors_in([*problems_of(change, table), *claimed])
    if not change.reason.strip():
        message = "Say why: reviewers and the audit log need a reason."
        problems.insert(0, Problem(("reason",), "reason.missing", message))
    if problems:
        raise Invalid(problems)
    if head_moved(change):
        raise Stale(
            f"{change.cluster.head} became the head since you opened this draft: "
            "bring the draft up to date first."
        )
    empty = [service for service in table.services if not is_usable(service)]
    if empty and not allow_empty:
        names = ", ".join(str(service) for service in empty[:5])
        raise NotAllowed(
            f"No real server can take connections for {names}: clients would be refused. "
            "Confirm that this is meant."
        )


def _conflicts(plans: list[DirectorPlan]) -> str:
    found = [
        f"{plan.director} holds {len(plan.conflicts)} of these already"
        for plan in plans
        if plan.conflicts
    ]
    return f"{'; '.join(found)}, made by somebody else. Confirm that this console takes them over."


def _record(actor: User, change: Change, plans: list[DirectorPlan]) -> None:
    record(
        actor=actor,
        action="change.submitted",
        obj=change,
        before={"state": Change.State.DRAFT},
        after={
            "state": change.state,
            "digest": change.digest,
            "base": change.base.number if change.base else None,
            "steps": {plan.director.name: len(plan.steps) for plan in plans},
            "adopt": change.adopt,
            "allow_empty": change.allow_empty,
            "start_at": change.start_at,
            "start_until": change.start_until,
            "confirm_within": change.confirm_within,
            "rolls_back_to": change.rolls_back_to.number if change.rolls_back_to else None,
        },
        reason=change.reason,
        change_number=change.pk,
    )
