"""What the page of a change shows, gathered."""

from typing import Any, NamedTuple

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
from apps.jobs.models import OPEN, UNENDED, Run, RunStep
from apps.telemetry.selectors import LARGE, Presence, presences
from apps.web.change_plans import PART, plans_of
from apps.web.differences import parts_between
from apps.web.draft_page import listed, problems_of, proposal
from apps.web.forms.submit import SubmitForm
from apps.web.side_by_side import side_by_side
from lvs.model import Table
from lvs.plan import claims
from lvs.rules import is_usable

AROUND = 40


class Lane(NamedTuple):
    """A run as shown: its steps from `first` up to and without `end`, and failed ones before them.

    trouble: why its order is not sent, or was refused; presence: of its director, while it is open.
    """

    run: Run
    trouble: str
    presence: Presence | None
    failed: list[RunStep]
    steps: list[RunStep]
    first: int
    end: int
    seconds: float | None
    colour: str

    @property
    def left(self) -> int:
        """How many steps stand behind those shown."""
        return max(0, self.run.total_steps - self.end)


def mark_of(change: Change) -> str:
    """What the body of the page depends on: while it stays, the body stays."""
    said = change.reviews.count()
    after = f"{change.confirmed_at is not None}.{change.was_taken_back}.{change.review_due}"
    head = change.cluster.head_id or 0
    return f"{change.state}.{change.version}.{change.digest[:12]}.{head}.{said}.{after}"


def head_of(user: Any, change: Change) -> dict[str, Any]:
    """What the head of the page needs."""
    return {"change": change, "cluster": change.cluster, "editable": _editable(user, change)}


def runs_of(change: Change) -> dict[str, Any]:
    """What the runs need. Read again at each step, so it must not look at the whole table."""
    lanes = _lanes(change)
    return {
        "change": change,
        "lanes": lanes,
        "goes_on": any(lane.run.state in UNENDED for lane in lanes),
    }


def approval_part(user: Any, change: Change) -> dict[str, Any]:
    """How far its approval is, and what this person may do about it."""
    policy = policy_of(change.cluster)
    approvals = approvals_of(change)
    revision = change.rolls_back_to
    goes_back = revision is not None and revision.applied_at is not None
    return {
        "approvals": approvals,
        "needed": needed_for(change),
        "approvers": [user.display_name for user in approvers_named(policy)],
        "gave_approval": any(review.reviewer_id == user.pk for review in approvals.given),
        "not_counted": can(user, "change.review", change) and not counts(policy, user),
        "in_the_way": in_the_way(change) if change.state in ("in_review", "approved") else "",
        "cluster_confirms": policy.confirm_within,
        "may_go_first": goes_back and can(user, "change.emergency", change),
        "submit_form": SubmitForm(None, policy=policy),
    }


def body_of(user: Any, change: Change, asked: QueryDict | None = None) -> dict[str, Any]:
    """What the body needs: the difference, the plans, the review. asked: of a draft's list of services."""
    table = selectors.table_of(change)
    draft = change.state == "draft"
    before, after, moved = proposal(change, table)
    return (
        head_of(user, change)
        | approval_part(user, change)
        | {
            "mark": mark_of(change),
            "diff": side_by_side(before, after),
            "compared": change.cluster.head if draft else change.base,
            "moved": moved,
            "problems": problems_of(user, change, table),
            "listed": listed(table, asked or QueryDict()) if _editable(user, change) else None,
            "claimed": _claimed(change, table) if draft else [],
            "unusable": [service for service in table.services if not is_usable(service)],
            "plans": plans_of(change, tables=(before, after)),
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
    ahead = change.confirm_within and change.state in ("in_review", "approved", "applying")
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


def run_part(change: Change, run_id: int, first: int, end: int | None = None) -> Lane | None:
    """The steps of one of the change's runs: from `first` on, or the last ones before `end`."""
    run = change.runs.select_related("director").filter(pk=run_id).first()
    if run is None:
        return None
    first = first if end is None else max(0, end - PART)
    return _lane(run, first, first + PART if end is None else end)


def _lanes(change: Change) -> list[Lane]:
    runs = list(
        change.runs.select_related("director__status", "outbox")
        .defer(*(f"director__{name}" for name in LARGE))
        .order_by("position", "director__name")
    )
    there = presences(run.director for run in runs if run.state in OPEN)
    return [_around(run, there.get(run.director_id)) for run in runs]


def _around(run: Run, presence: Presence | None) -> Lane:
    """The steps around the place where it is: ten thousand at once would help nobody."""
    first = max(0, run.done_steps - AROUND // 2)
    return _lane(run, first, first + AROUND, presence)


def _lane(run: Run, first: int, end: int, presence: Presence | None = None) -> Lane:
    steps = list(run.steps.filter(index__gte=first, index__lt=end))
    failed = list(run.steps.filter(state="failed", index__lt=first)[:5])
    seconds = None
    if run.started_at and run.ended_at:
        seconds = (run.ended_at - run.started_at).total_seconds()
    colour = {"verified": "green", "failed": "red", "partial": "red", "lost": "red"}
    outbox = getattr(run, "outbox", None)
    trouble = (outbox.last_error or outbox.refusal) if outbox else ""
    ink = colour.get(run.state, "")
    return Lane(run, trouble, presence, failed, steps, first, end, seconds, ink)
