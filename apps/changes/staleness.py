"""Whether what a change in review was made from still stands."""

from django.utils import timezone

from apps.changes.models import Change, DirectorPlan
from apps.changes.planning import plan_for
from apps.changes.selectors import directors_of, head_moved, table_of
from apps.inventory.models import Director
from lvs.model import Table

OTHER_DIRECTORS = "The cluster has other directors than when it was submitted."


def what_moved(change: Change) -> str:
    """One sentence that says what moved since the submit; "" when nothing did.

    Raises NotAllowed while it isn't known what a director holds: that passes, and the change stays.
    Reviewers approve the plans that they were shown, so each plan is made anew and must be the same.
    """
    if change.start_until is not None and timezone.now() >= change.start_until:
        return "The time in which it should begin is over."
    if head_moved(change):
        return f"{change.cluster.head} became the head of the cluster since it was submitted."
    plans = {plan.director_id: plan for plan in change.plans.all()}
    directors = list(directors_of(change))
    if {director.pk for director in directors} != set(plans):
        return OTHER_DIRECTORS
    table = table_of(change)
    for director in directors:
        if sentence := _director_moved(change, director, plans[director.pk], table):
            return sentence
    return ""


def _director_moved(change: Change, director: Director, plan: DirectorPlan, table: Table) -> str:
    now = plan_for(change, director, table)
    if now.conflicts != plan.conflicts:
        return f"Other programs changed which of these services {director} holds without us."
    if now.expected_digest != plan.expected_digest or now.steps != plan.steps:
        return f"{director} holds another table than when the plan was made."
    return ""
