"""What a change would do to each director, from what that director was last seen to hold."""

from collections.abc import Iterable

from apps.changes.errors import NotAllowed
from apps.changes.models import Change, DirectorPlan
from apps.changes.selectors import Observed, observed_of
from apps.inventory.models import Director
from lvs.model import Table
from lvs.plan import claims, concerned, make_plan, plan_from_document, plan_to_document
from lvs.undo import start_of


def plan_for(change: Change, director: Director, table: Table) -> DirectorPlan:
    """The plan (not stored) that brings the director to the table. Select it with its status.

    What the table wants and the director holds without us stands in `conflicts`; the steps take it
    over. Raises NotAllowed while it is not known what the director holds.
    """
    observed = _observed(director)
    current = observed.table.only(concerned(table, observed.owned))
    return DirectorPlan(
        change=change,
        director=director,
        expected_digest=current.digest,
        steps=plan_to_document(make_plan(current, table)),
        conflicts=claims(observed.table, table, observed.owned),
    )


def plan_even_if_unknown(change: Change, director: Director, table: Table) -> DirectorPlan:
    """The same, for what must go now: a director of which it isn't known what it holds gets the order
    without a plan of ours, makes its own, and keeps the others from nothing."""
    try:
        return plan_for(change, director, table)
    except NotAllowed:
        return DirectorPlan(
            change=change, director=director, expected_digest="", steps=[], conflicts=[]
        )


def taken_over(plan: DirectorPlan, table: Table) -> dict[str, object]:
    """What the director holds without us and a plan to this table takes over, by name: services with their
    real servers, and sync daemons."""
    if not plan.conflicts:
        return {}
    start = start_of(table, plan_from_document(plan.steps))
    held: dict[str, object] = {str(each): each for each in (*start.services, *(start.sync or ()))}
    return {name: held.get(name) for name in plan.conflicts}


def check_known(directors: Iterable[Director]) -> None:
    """Raises NotAllowed while it is not known what one of these holds. Select them with their status."""
    for director in directors:
        _observed(director)


def holds(director: Director, plan: DirectorPlan, digest: str) -> bool:
    """Whether the director needs no run to hold the table with this digest as its own.

    One without steps may need it: to take over what others put there just so, or to let go of settings.
    """
    if plan.steps or plan.conflicts or not plan.expected_digest:
        return False
    return director.status.owned_digest in ("", digest)


def _observed(director: Director) -> Observed:
    observed = observed_of(director)
    if observed is None:
        raise NotAllowed(
            f"Director {director} has not reported what it holds yet: start its agent first."
        )
    status = director.status
    if status.problem:
        raise NotAllowed(f"Director {director} can't read its kernel: {status.problem}")
    if status.owned_digest and status.owned_digest != observed.owned_digest:
        raise NotAllowed(
            f"Director {director} holds another table than it last reported in full: "
            "wait a few seconds, then try again."
        )
    return observed
