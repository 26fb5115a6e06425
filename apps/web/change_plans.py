"""The plans of a change as its page shows them."""

import json
from typing import NamedTuple

from apps.changes import selectors
from apps.changes.models import Change, DirectorPlan
from apps.web.draft_page import proposal
from lvs.model import Table
from lvs.plan import AnyStep, losses, make_plan, plan_from_document

PART = 200
"""Steps that are shown at a time; a button brings the next ones."""
SHOWN_LOSSES = 20


class Plan(NamedTuple):
    """A plan as shown: of directors that do the same, or of the draft against the head (none).

    steps: at most `PART` of them, from `first` on; `following` is the place of the next part, 0 = none.
    unknown: it was not known what these directors held, so each makes a plan of its own. adopt: they take
    over the conflicts; else they refuse.
    """

    number: int
    directors: list[str]
    steps: tuple[AnyStep, ...]
    first: int
    following: int
    total: int
    losses: list[str]
    more_losses: int
    conflicts: list[str]
    unknown: bool = False
    adopt: bool = False

    @property
    def left(self) -> int:
        """How many steps stand behind those shown."""
        return self.total - self.following if self.following else 0


def plan_part(change: Change, number: int, first: int) -> Plan | None:
    """The steps of one of the change's plans from the place `first` on; None where there are none."""
    plans = plans_of(change, first)
    return plans[number] if number < len(plans) and plans[number].steps else None


def plans_of(
    change: Change, first: int = 0, tables: tuple[Table, Table] | None = None
) -> list[Plan]:
    """The plans of a change, each with its steps from the place `first` on. tables: from which to which a
    draft leads, where that is known already."""
    if change.state == "draft":
        before, after = tables or proposal(change, selectors.table_of(change))[:2]
        steps = make_plan(before, after)
        return [_plan(0, [], steps, [], first)] if steps else []
    alike: dict[str, list[DirectorPlan]] = {}
    for plan in sorted(change.plans.all(), key=lambda plan: plan.director.name):
        same = json.dumps([plan.steps, plan.conflicts, not plan.expected_digest, plan.adopt])
        alike.setdefault(same, []).append(plan)
    return [_stored(number, plans, first) for number, plans in enumerate(alike.values())]


def _stored(number: int, plans: list[DirectorPlan], first: int) -> Plan:
    names = [plan.director.name for plan in plans]
    one = plans[0]
    shown = _plan(number, names, plan_from_document(one.steps), one.conflicts, first)
    return shown._replace(unknown=not one.expected_digest, adopt=one.adopt)


def _plan(
    number: int,
    directors: list[str],
    steps: tuple[AnyStep, ...],
    conflicts: list[str],
    first: int,
) -> Plan:
    end = first + PART
    lost = losses(steps)
    return Plan(
        number,
        directors,
        steps[first:end],
        first,
        end if end < len(steps) else 0,
        len(steps),
        lost[:SHOWN_LOSSES],
        len(lost[SHOWN_LOSSES:]),
        conflicts,
    )
