"""What the page of a change shows, gathered."""

import json
from typing import Any, NamedTuple

from apps.accounts.policy import can
from apps.changes import selectors
from apps.changes.models import Change, DirectorPlan
from apps.inventory.selectors import head_table
from apps.jobs.models import Run, RunStep
from lvs.model import ServiceKey, Table, key_from_document
from lvs.plan import Step, losses, make_plan, plan_from_document
from lvs.rules import Problem, is_usable

SHOWN_STEPS = 200
AROUND = 40


class Plan(NamedTuple):
    """A plan as shown: of directors that do the same, or of the draft against the head (none)."""

    directors: list[str]
    steps: tuple[Step, ...]
    more: int
    total: int
    losses: list[str]
    conflicts: list[ServiceKey]


class Lane(NamedTuple):
    """A run as shown."""

    run: Run
    steps: list[RunStep]
    before: int
    after: int
    seconds: float | None
    colour: str


def mark_of(change: Change) -> str:
    """What the body of the page depends on: while it stays, the body stays."""
    return f"{change.state}.{change.version}.{change.digest[:12]}.{change.cluster.head_id or 0}"


def context_of(user: Any, change: Change) -> dict[str, Any]:
    """All that the templates of a change's page need."""
    diff = selectors.diff_of(change)
    problems = selectors.problems_of(change) if change.state == "draft" else []
    table = selectors.table_of(change)
    draft = change.state == "draft"
    return {
        "change": change,
        "cluster": change.cluster,
        "mark": mark_of(change),
        "diff": [part for part in diff if part.kind != "same"] if not draft else diff,
        "total_count": len(diff),
        "same_count": sum(1 for part in diff if part.kind == "same"),
        "changes_count": sum(1 for part in diff if part.kind != "same"),
        "problems": [_placed(problem, table.services) for problem in problems],
        "has_errors": any(problem.severity == "error" for problem in problems),
        "head_moved": draft and selectors.head_moved(change),
        "claimed": _claimed(change, table) if draft else [],
        "unusable": [service for service in table.services if not is_usable(service)],
        "plans": _plans(change),
        "lanes": _lanes(change),
        "reviews": list(change.reviews.all()),
        "editable": draft and can(user, "change.edit", change),
        "mine": change.author_id == user.pk,
        "may_review": can(user, "change.review"),
        "may_edit": can(user, "change.edit", change),
    }


def _claimed(change: Change, table: Table) -> list[tuple[str, list[str]]]:
    """Services of the draft that directors hold already, put there by someone else."""
    found = []
    for director in selectors.directors_of(change):
        observed = selectors.observed_of(director)
        keys = [s.key for s in table.services if observed and s.key in observed.foreign]
        if keys:
            found.append((director.name, [str(key) for key in keys]))
    return found


def _placed(problem: Problem, services: tuple[Any, ...]) -> tuple[str, Problem]:
    match problem.path:
        case ("services", int(index), *_) if index < len(services):
            return str(services[index]), problem
    return "", problem


def _plans(change: Change) -> list[Plan]:
    if change.state == "draft":
        steps = make_plan(head_table(change.cluster), selectors.table_of(change))
        return [_plan([], steps, [])] if steps else []
    alike: dict[str, list[DirectorPlan]] = {}
    for plan in sorted(change.plans.all(), key=lambda plan: plan.director.name):
        alike.setdefault(json.dumps([plan.steps, plan.conflicts]), []).append(plan)
    return [_stored(plans) for plans in alike.values()]


def _stored(plans: list[DirectorPlan]) -> Plan:
    keys = [key_from_document(document) for document in plans[0].conflicts]
    names = [plan.director.name for plan in plans]
    return _plan(names, plan_from_document(plans[0].steps), keys)


def _plan(directors: list[str], steps: tuple[Step, ...], conflicts: list[ServiceKey]) -> Plan:
    more = max(0, len(steps) - SHOWN_STEPS)
    return Plan(directors, steps[:SHOWN_STEPS], more, len(steps), losses(steps), conflicts)


def _lanes(change: Change) -> list[Lane]:
    runs = change.runs.select_related("director").order_by("director__name")
    return [_lane(run) for run in runs]


def _lane(run: Run) -> Lane:
    """The steps around the place where it is: ten thousand would help nobody."""
    first = max(0, run.done_steps - AROUND // 2)
    steps = list(run.steps.filter(index__gte=first, index__lt=first + AROUND))
    failed = run.steps.filter(state="failed").exclude(index__in=[step.index for step in steps])
    steps = [*failed[:5], *steps]
    seconds = None
    if run.started_at and run.ended_at:
        seconds = (run.ended_at - run.started_at).total_seconds()
    colour = {"verified": "green", "failed": "red", "partial": "red", "lost": "red"}
    after = max(0, run.total_steps - first - AROUND)
    return Lane(run, steps, first, after, seconds, colour.get(run.state, ""))
