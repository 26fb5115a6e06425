"""Whether what a change in review was made from still stands."""

from apps.changes.models import Change, DirectorPlan
from apps.changes.selectors import directors_of, head_moved
from apps.inventory.models import Director


def what_moved(change: Change) -> str:
    """One sentence that says what moved since the submit; "" when nothing did."""
    if head_moved(change):
        return f"{change.cluster.head} became the head of the cluster since it was submitted."
    plans = {plan.director_id: plan for plan in change.plans.all()}
    directors = list(directors_of(change))
    if {director.pk for director in directors} != set(plans):
        return "The cluster has other directors than when it was submitted."
    for director in directors:
        if sentence := _director_moved(director, plans[director.pk]):
            return sentence
    return ""


def _director_moved(director: Director, plan: DirectorPlan) -> str:
    status = director.status
    if status.problem:
        return f"{director} can't read its kernel now: {status.problem}"
    if status.owned_digest and status.owned_digest != plan.expected_digest:
        return f"{director} holds another table than when the plan was made."
    return ""
