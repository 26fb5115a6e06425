"""Whether what a change in review was made from still stands."""

from typing import NamedTuple

from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.changes.approval import still_approved
from apps.changes.errors import NotAllowed
from apps.changes.models import Change, DirectorPlan
from apps.changes.planning import plan_for
from apps.changes.selectors import directors_of, head_moved, table_of
from apps.inventory.models import Director
from lvs.model import EMPTY, Table
from lvs.plan import plan_from_document
from lvs.undo import start_of
from lvs.verify import in_words

OTHER_DIRECTORS = "The cluster has other directors than when it was submitted."


class Moved(NamedTuple):
    """A director that no longer holds what its plan was made for, or of which that isn't known."""

    director: Director
    says: str
    """One sentence."""
    before: Table = EMPTY
    """What the plan starts from."""
    now: Table = EMPTY


def moved_since_submit(user: User, change: Change) -> list[Moved]:
    """The directors of a change in review, or waiting for its time, that hold something else by now.

    Its approval or its start will find it stale. Raises PermissionDenied.
    """
    require(user, "view", change)
    if change.state not in (Change.State.IN_REVIEW, Change.State.APPROVED):
        return []
    if change.approved_by == Change.Basis.EMERGENCY:
        return []  # its plans are made anew as it begins
    plans = {plan.director_id: plan for plan in change.plans.all()}
    table = table_of(change)
    found = (
        _looked_at(change, director, plans[director.pk], table)
        for director in directors_of(change)
        if director.pk in plans
    )
    return [moved for moved in found if moved]


def _looked_at(
    change: Change, director: Director, plan: DirectorPlan, table: Table
) -> Moved | None:
    try:
        return _moved(change, director, plan, table)
    except NotAllowed as unknown:
        return Moved(director, str(unknown))


def window_over(change: Change) -> str:
    """One sentence when the time in which it should begin is over; "" while it isn't."""
    over = change.start_until is not None and timezone.now() >= change.start_until
    return "The time in which it should begin is over." if over else ""


def what_moved(change: Change) -> str:
    """One sentence that says what moved since the submit; "" when nothing did.

    Raises NotAllowed while it isn't known what a director holds: that passes, and the change stays.
    Reviewers approve the plans that they were shown, so each plan is made anew and must be the same.
    """
    if over := window_over(change):
        return over
    if change.state == Change.State.APPROVED and not still_approved(change):
        return "Its approval no longer suffices: the policy, or who may approve, is another now."
    if head_moved(change):
        return f"{change.cluster.head} became the head of the cluster since it was submitted."
    plans = {plan.director_id: plan for plan in change.plans.all()}
    directors = list(directors_of(change))
    if {director.pk for director in directors} != set(plans):
        return OTHER_DIRECTORS
    table = table_of(change)
    for director in directors:
        if moved := _moved(change, director, plans[director.pk], table):
            return moved.says
    return ""


def _moved(change: Change, director: Director, plan: DirectorPlan, table: Table) -> Moved | None:
    now = plan_for(change, director, table)
    same = (now.expected_digest, now.steps) == (plan.expected_digest, plan.steps)
    if same and now.conflicts == plan.conflicts:
        return None
    before = start_of(table, plan_from_document(plan.steps))
    held = start_of(table, plan_from_document(now.steps))
    if now.conflicts != plan.conflicts:
        says = f"Other programs changed which of these services {director} holds without us."
        return Moved(director, says, before, held)
    in_what = in_words(before, held, shown=2)
    says = f"{director} holds another table than when the plan was made" + (
        f": {in_what}." if in_what else "."
    )
    return Moved(director, says, before, held)
