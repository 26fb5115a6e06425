"""The life of a change: which state may follow which, in one place.

draft → in review → approved → applying → applied / failed / partial
  ↑        │ ↘ rejected  │ ↘ stale, withdrawn
  └────────┴─────────────┘
"""

from typing import Any

from django.utils import timezone

from apps.changes.errors import Conflict, NotAllowed
from apps.changes.models import Change
from apps.inventory.models import Cluster

S = Change.State

NEXT: dict[str, frozenset[str]] = {
    S.DRAFT: frozenset({S.IN_REVIEW, S.WITHDRAWN}),
    S.IN_REVIEW: frozenset({S.DRAFT, S.APPROVED, S.REJECTED, S.WITHDRAWN, S.STALE}),
    S.REJECTED: frozenset({S.DRAFT, S.WITHDRAWN}),
    S.STALE: frozenset({S.DRAFT, S.WITHDRAWN}),
    # Approved and waiting for its time. A way back voids the approvals: each counts for one version,
    # and every submit makes a new one.
    S.APPROVED: frozenset({S.APPLYING, S.DRAFT, S.WITHDRAWN, S.STALE}),
    S.APPLYING: frozenset({S.APPLIED, S.FAILED, S.PARTIAL}),
    # A director called lost may still report what it did: then the change ends as it truly did.
    S.FAILED: frozenset({S.APPLIED, S.PARTIAL}),
    S.PARTIAL: frozenset({S.APPLIED, S.FAILED}),
}
ENDED = frozenset({S.APPLIED, S.FAILED, S.PARTIAL, S.WITHDRAWN})


def locked(change: Change) -> Change:
    """The change as it is now, locked until the transaction ends, and its cluster before it.

    The cluster first, always and everywhere: one order, so no deadlock; and while it is held, neither
    the head nor the directors can become others behind what is checked. (`no_key`: rows that only
    refer to a locked one can still be added.)
    """
    Cluster.objects.select_for_update(no_key=True).get(pk=change.cluster_id)
    changes = Change.objects.select_for_update(of=("self",), no_key=True)
    return changes.select_related("cluster__head", "author", "base").get(pk=change.pk)


def expect(change: Change, *states: str, act: str) -> None:
    """Raises NotAllowed when the (locked) change is in none of the states."""
    if change.state not in states:
        raise NotAllowed(f"Change #{change.pk} is {change.get_state_display()}: it can't be {act}.")


def move(change: Change, to: Change.State, *, note: str = "", **fields: Any) -> Change:
    """Bring a locked change into its next state, with other fields that change along.

    Raises NotAllowed on a step that is not legal, Conflict when the stored state is another one.
    """
    if to not in NEXT.get(change.state, frozenset()):
        raise NotAllowed(
            f"Change #{change.pk} is {change.get_state_display()}: it can't become {to.label}."
        )
    now = timezone.now()
    fields |= {"state": to, "state_note": note[:300], "updated_at": now}
    fields["ended_at"] = now if to in ENDED else None
    same = Change.objects.filter(pk=change.pk, state=change.state, version=change.version)
    if not same.update(**fields):
        raise Conflict(f"Change #{change.pk} was moved by somebody else just now: look again.")
    for name, value in fields.items():
        setattr(change, name, value)
    if to in (S.APPLIED, S.WITHDRAWN):
        change.endpoints.all().delete()  # what was applied, the head claims
    return change
