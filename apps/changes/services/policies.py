"""Writing what a cluster asks of its changes, and when none may begin."""

from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.policy import can, require
from apps.audit.services import changed, record
from apps.changes.announce import announce_policy
from apps.changes.approval import policy_of
from apps.changes.errors import Conflict, Invalid
from apps.changes.models import ClusterPolicy, FreezeWindow
from apps.changes.models.policy import LONGEST_CONFIRMATION, MOST_APPROVALS
from apps.inventory.models import Cluster
from lvs.rules import Problem

FURTHEST = timedelta(days=5 * 365)
"""How far ahead a freeze may end."""


@transaction.atomic
def set_policy(
    *,
    actor: User,
    cluster: Cluster,
    version: int,
    approvals: int,
    approvers: Collection[User] = (),
    free_weights: bool = False,
    confirm_within: int = 0,
) -> ClusterPolicy:
    """Say what changes of the cluster need from now on, those in review included.

    version: of the policy that the person was shown. approvers: whose approval counts, none = that of
    everybody who may review. confirm_within: minutes, 0 = as authors choose. Raises Invalid, Conflict.
    """
    require(actor, "cluster.policy", cluster)
    cluster = Cluster.objects.select_for_update(no_key=True).get(pk=cluster.pk)
    policy = policy_of(cluster)
    if policy.version != version:
        raise Conflict("Somebody else changed this policy meanwhile: look at it again.")
    _check(cluster, approvals, approvers, confirm_within)
    before = _state(policy)
    policy.approvals, policy.free_weights = approvals, free_weights
    policy.confirm_within = confirm_within
    policy.version += 1
    policy.save()
    policy.approvers.set(approvers)
    old, new = changed(before, _state(policy))
    if new:
        record(actor=actor, action="policy.edited", obj=policy, before=old, after=new)
        announce_policy(cluster)
    return policy


@transaction.atomic
def add_freeze(
    *,
    actor: User,
    cluster: Cluster,
    reason: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    weekdays: Sequence[int] = (),
    from_time: time | None = None,
    to_time: time | None = None,
) -> FreezeWindow:
    """No change begins in this time: once (`starts_at`, `ends_at`), or every week on these days
    (0 = Monday) from `from_time` to `to_time`, in the console's time zone. Raises Invalid."""
    require(actor, "cluster.policy", cluster)
    window = FreezeWindow(
        cluster=cluster,
        reason=reason.strip()[:120],
        starts_at=starts_at,
        ends_at=ends_at,
        weekdays=sorted(set(weekdays)),
        from_time=from_time,
        to_time=to_time,
    )
    _check_freeze(window)
    window.save()
    record(actor=actor, action="freeze.added", obj=window, after=_freeze(window))
    announce_policy(cluster)
    return window


@transaction.atomic
def remove_freeze(*, actor: User, window: FreezeWindow) -> None:
    """Changes may begin again in this time. One that is gone already is no act."""
    require(actor, "cluster.policy", window)
    found = FreezeWindow.objects.select_for_update().filter(pk=window.pk).first()
    if found is None:
        return
    record(actor=actor, action="freeze.removed", obj=found, before=_freeze(found))
    announce_policy(found.cluster)
    found.delete()


def _check(
    cluster: Cluster, approvals: int, approvers: Collection[User], confirm_within: int
) -> None:
    problems = []
    if not 0 <= approvals <= MOST_APPROVALS:
        message = f"From 0 to {MOST_APPROVALS} approvals."
        problems.append(Problem(("approvals",), "approvals.number", message))
    unable = [user for user in approvers if not can(user, "change.review", cluster)]
    if unable:
        names = ", ".join(user.display_name for user in unable)
        message = f"They may not review changes of {cluster}: {names}."
        problems.append(Problem(("approvers",), "approvers.unable", message))
    if approvers and len(approvers) < approvals:
        message = (
            f"{approvals} approvals are needed, and only {len(approvers)} people may give one."
        )
        problems.append(Problem(("approvers",), "approvers.few", message))
    if not 0 <= confirm_within <= LONGEST_CONFIRMATION:
        message = f"From 0 to {LONGEST_CONFIRMATION} minutes."
        problems.append(Problem(("confirm_within",), "confirm.long", message))
    if problems:
        raise Invalid(problems)


def _check_freeze(window: FreezeWindow) -> None:
    problems = []
    if not window.reason:
        message = "Say why: people whose change waits will ask."
        problems.append(Problem(("reason",), "reason.missing", message))
    if window.starts_at is not None:
        if window.ends_at is not None and window.ends_at > timezone.now() + FURTHEST:
            message = f"A freeze ends within {FURTHEST.days // 365} years."
            problems.append(Problem(("ends_at",), "freeze.far", message))
        elif window.ends_at is None or window.ends_at <= window.starts_at:
            problems.append(Problem(("ends_at",), "freeze.empty", "It must end after it begins."))
    elif window.from_time is None or window.to_time is None or not window.weekdays:
        message = "Give both dates, or days of the week with both times."
        problems.append(Problem(("starts_at",), "freeze.when", message))
    elif not all(day in range(7) for day in window.weekdays):
        problems.append(Problem(("weekdays",), "freeze.days", "Days are 0 (Monday) to 6 (Sunday)."))
    if problems:
        raise Invalid(problems)


def _state(policy: ClusterPolicy) -> dict[str, Any]:
    named = policy.approvers.order_by("username") if policy.pk else ()
    return {
        "approvals": policy.approvals,
        "approvers": [user.username for user in named],
        "weights need no approval": policy.free_weights,
        "confirm within": policy.confirm_within,
    }


def _freeze(window: FreezeWindow) -> dict[str, Any]:
    names = ("reason", "starts_at", "ends_at", "weekdays", "from_time", "to_time")
    return {
        name: getattr(window, name) for name in names if getattr(window, name) not in (None, [])
    }
