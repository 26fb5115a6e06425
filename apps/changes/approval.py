"""What a change still needs before it may be applied: approvals by the policy of its cluster."""

from typing import NamedTuple

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.policy import can
from apps.changes.models import UNCONFIRMED, Change, ClusterPolicy, Review
from apps.changes.selectors import base_table, table_of
from apps.changes.small_edit import is_small_step, only_weights
from apps.changes.windows import Frozen, frozen_at
from apps.inventory.models import Cluster
from lvs.plan import plan_from_document


class Approvals(NamedTuple):
    """How far the approval of a change is."""

    given: list[Review]
    needed: int

    @property
    def complete(self) -> bool:
        """Whether no more are needed."""
        return len(self.given) >= self.needed

    @property
    def missing(self) -> int:
        """How many more are needed."""
        return max(0, self.needed - len(self.given))


def policy_of(cluster: Cluster) -> ClusterPolicy:
    """The policy of the cluster; one approval by whoever reviews, where none was set."""
    found: ClusterPolicy | None = getattr(cluster, "policy", None)
    return found or ClusterPolicy(cluster=cluster)


def approvers_named(policy: ClusterPolicy) -> list[User]:
    """Whose approval counts, by name; [] = that of everybody who may review."""
    return list(policy.approvers.order_by("username")) if policy.pk else []


def counts(policy: ClusterPolicy, user: User) -> bool:
    """Whether the policy lets this person's approval count."""
    named = approvers_named(policy)
    return not named or user in named


def needed_for(change: Change) -> int:
    """How many approvals the policy of now asks of the change as it is now.

    Of a submitted one its plans are looked at, too: a director may hold something else than the base, and
    then even the same table does more to it than edit weights.
    """
    policy = policy_of(change.cluster)
    return 0 if policy.free_weights and _is_small(change) else policy.approvals


def _is_small(change: Change) -> bool:
    if not only_weights(base_table(change), table_of(change)):
        return False
    plans = change.plans.all()
    return not any(plan.conflicts for plan in plans) and all(
        is_small_step(step) for plan in plans for step in plan_from_document(plan.steps)
    )


def approvals_of(change: Change) -> Approvals:
    """The approvals of exactly what the change holds now, by people whose approval counts now."""
    policy = policy_of(change.cluster)
    given = change.reviews.filter(
        verdict=Review.Verdict.APPROVE, digest=change.digest, version=change.version
    ).select_related("reviewer")
    valid = [
        review
        for review in given
        if can(review.reviewer, "change.review", change) and counts(policy, review.reviewer)
    ]
    needed = max(1, policy.approvals) if change.review_due else needed_for(change)
    return Approvals(valid, needed)


def still_approved(change: Change) -> bool:
    """Whether the policy of now would let an approved change begin, which may have waited for days."""
    if change.approved_by == Change.Basis.PEOPLE:
        return approvals_of(change).complete
    return change.approved_by != Change.Basis.POLICY or needed_for(change) == 0


def freeze_of(cluster: Cluster) -> Frozen | None:
    """The freeze that is on now, None = changes may begin."""
    zone = timezone.get_default_timezone()
    return frozen_at(cluster.freezes.all(), timezone.now(), zone)


def in_the_way(change: Change) -> str:
    """Why an approved change does not begin now, as a sentence; "" = nothing is in its way.

    What goes first (an emergency's rollback, taking back what nobody confirmed) waits for no window.
    """
    in_state = _before_others(change)
    if Change.State.APPLYING in in_state:
        return f"Change #{in_state[Change.State.APPLYING]} is being applied to {change.cluster}."
    if change.approved_by in (Change.Basis.UNCONFIRMED, Change.Basis.EMERGENCY):
        return ""
    if Change.State.APPROVED in in_state:
        return f"Change #{in_state[Change.State.APPROVED]} goes first: it is an emergency."
    if Change.State.APPLIED in in_state:
        number = in_state[Change.State.APPLIED]
        return f"Change #{number} waits to be confirmed, or is taken back first."
    now = timezone.now()
    if change.start_at is not None and now < change.start_at:
        return f"It begins on {_moment(change.start_at)}."
    frozen = freeze_of(change.cluster)
    if frozen is not None:
        return f"Frozen until {_moment(frozen.until)}: {frozen.reason}."
    return ""


def _before_others(change: Change) -> dict[str, int]:
    """Other changes of its cluster that keep changes from beginning, one of each state: that is being
    applied; approved: an emergency that waits for that; applied: what must still be confirmed."""
    emergency = Q(state=Change.State.APPROVED, approved_by=Change.Basis.EMERGENCY)
    others = Change.objects.filter(cluster=change.cluster).exclude(pk=change.pk)
    found = others.filter(Q(state=Change.State.APPLYING) | emergency | UNCONFIRMED)
    return dict(found.order_by("-pk").values_list("state", "pk"))


def _moment(at: object) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M} {settings.TIME_ZONE}"  # type: ignore[arg-type]
