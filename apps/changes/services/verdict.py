"""What a reviewer says of a change, as it is stored, and whether it counts."""

from typing import Any

from apps.accounts.models import User
from apps.changes.approval import Approvals, approvers_named, counts, policy_of
from apps.changes.errors import NotAllowed
from apps.changes.models import Change, Review


def check_counts(actor: User, change: Change) -> None:
    """Raises NotAllowed when this person's approval would not count, or not again."""
    policy = policy_of(change.cluster)
    if not counts(policy, actor):
        names = ", ".join(user.display_name for user in approvers_named(policy))
        raise NotAllowed(f"In {change.cluster} only the approval of {names} counts.")
    if change.reviews.filter(
        reviewer=actor, version=change.version, verdict=Review.Verdict.APPROVE
    ).exists():
        raise NotAllowed("You have approved it already: now somebody else must.")


def adds_a_voice(actor: User, change: Change, approvals: Approvals) -> bool:
    """Whether there is an approval to store, where a policy that was loosened asks for no more of them."""
    spoke = any(review.reviewer_id == actor.pk for review in approvals.given)
    return not spoke and counts(policy_of(change.cluster), actor)


def store_review(
    actor: User, change: Change, verdict: Review.Verdict, comment: str, **fields: Any
) -> Review:
    """Write what a person said of a locked change as it is now."""
    return Review.objects.create(
        change=change,
        author=change.author,
        reviewer=actor,
        verdict=verdict,
        digest=change.digest,
        version=change.version,
        **fields,
        comment=comment.strip(),
    )
