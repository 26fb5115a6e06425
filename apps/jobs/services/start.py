"""From an approval to the runs that carry it out."""

from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.changes import services as changes
from apps.changes.approval import in_the_way
from apps.changes.errors import NotAllowed
from apps.changes.models import Change
from apps.changes.selectors import table_of
from apps.changes.staleness import what_moved, window_over
from apps.changes.states import locked
from apps.changes.timing import AT_ONCE, Timing
from apps.inventory.models import Cluster, Director
from apps.inventory.services import create_revision
from apps.jobs.models import Run
from apps.jobs.rollout import in_order
from apps.jobs.services.turns import queue_run
from apps.telemetry.selectors import status_of

EVERYWHERE_AT_ONCE = (Change.Basis.UNCONFIRMED, Change.Basis.EMERGENCY)
"""What goes back to where things were: a director that is away must not keep the others from it."""


@transaction.atomic
def submit_and_start(
    *,
    actor: User,
    change: Change,
    version: int | None = None,
    adopt: bool = False,
    allow_empty: bool = False,
    timing: Timing = AT_ONCE,
    emergency: bool = False,
) -> Change:
    """Submit the draft, and begin it where that approved it and nothing is in its way.

    Takes and raises what `changes.services.submit_change` does.
    """
    change = changes.submit_change(
        actor=actor,
        change=change,
        version=version,
        adopt=adopt,
        allow_empty=allow_empty,
        timing=timing,
        emergency=emergency,
    )
    return _begin(actor, change)


@transaction.atomic
def approve_and_start(
    *, actor: User, change: Change, digest: str, version: int | None = None, comment: str = ""
) -> Change:
    """Approve the change exactly as `digest` and `version` name it, and begin it where that was the last
    approval it needed and nothing is in its way.

    Everything is stored in one transaction; delivery starts after its commit and needs Redis only then.
    Raises what `changes.services.approve_change` raises.
    """
    change = changes.approve_change(
        actor=actor, change=change, digest=digest, version=version, comment=comment
    )
    return _begin(actor, change)


@transaction.atomic
def take_back(*, change: Change) -> Change | None:
    """Put back the table from before a change that nobody confirmed, at once.

    None: somebody was quicker. Raises what `changes.services.take_back` raises.
    """
    back = changes.take_back(change=change)
    return back and start_change(actor=None, change=back)


@transaction.atomic
def start_due(*, change: Change) -> Change:
    """Begin an approved change whose time has come, unless what it was made from has moved: an emergency goes
    back to its table from wherever things are by then.

    Raises NotAllowed while it isn't known what a director holds.
    """
    change = locked(change)
    if change.state != Change.State.APPROVED:
        return change
    if over := window_over(change):
        return changes.mark_stale(change=change, note=over)
    if in_the_way(change):
        return change
    if change.approved_by == Change.Basis.EMERGENCY:
        change = changes.plan_anew(change=change)
    elif moved := what_moved(change):
        return changes.mark_stale(change=change, note=moved)
    return start_change(actor=None, change=change)


def _begin(actor: User, change: Change) -> Change:
    if change.state != Change.State.APPROVED or in_the_way(change):
        return change
    return start_change(actor=actor, change=change)


@transaction.atomic
def start_change(*, actor: User | None, change: Change) -> Change:
    """Make the revision of an approved change and a run for each director, backups first; last those that
    have nothing to do: one that is away then keeps nobody from getting what they need.

    The first gets its place in the outbox; each other one once the one before it has verified the table.
    actor None: because its time has come. Raises NotAllowed when no director of its plans is left.
    """
    revision = create_revision(
        cluster=change.cluster,
        table=change.table,
        digest=change.digest,
        above=_unknown_here(change.cluster),
    )
    change = changes.start_change(actor=actor, change=change, revision=revision)
    plans = {plan.director_id: plan for plan in change.plans.all()}
    directors = change.cluster.directors.filter(pk__in=plans).select_related("status")
    at_once = change.approved_by in EVERYWHERE_AT_ONCE
    ordered = sorted(in_order(directors, table_of(change)), key=lambda d: not plans[d.pk].steps)
    if not ordered:
        raise NotAllowed(f"No director that it was planned for is left in {change.cluster}.")
    for position, director in enumerate(ordered):
        run = Run.objects.create(
            change=change,
            director=director,
            expected_digest=plans[director.pk].expected_digest,
            state=Run.State.WAITING,
            position=position,
        )
        if at_once or position == 0:
            queue_run(run, actor)
    return change


def _unknown_here(cluster: Cluster) -> int:
    """The highest revision of a run that a director tells of, and we have no record of: the database is a
    copy from before. What is not above it they refuse, as older than what they hold."""
    highest = 0
    for director in cluster.directors.select_related("status"):
        status = status_of(director)
        last = status.last_run if status else {}
        if last and not _is_known(director, last):
            highest = max(highest, last["revision"])
    return highest


def _is_known(director: Director, last: dict[str, Any]) -> bool:
    runs = Run.objects.filter(pk=min(last["run"], 2**63 - 1), director=director)
    return runs.filter(change__revision__number=min(last["revision"], 2**31 - 1)).exists()
