"""What other directors of a cluster mean for its changes, and what a director's report for its drift."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from apps.changes.models import Change
from apps.changes.services.drift import settle_drift, settle_drifts
from apps.changes.services.progress import mark_stale
from apps.changes.staleness import OTHER_DIRECTORS
from apps.inventory.errors import InventoryError
from apps.inventory.models import Cluster, Director
from apps.inventory.signals import directors_changed
from apps.telemetry.signals import observed

S = Change.State


@receiver(directors_changed)
def note_other_directors(sender: Any, cluster: Cluster, **kwargs: Any) -> None:
    """What waits for review, or for its time, has no plan for these directors: it is stale.

    Raises InventoryError while a change is being applied: its runs name the directors of before.
    """
    busy = cluster.changes.filter(state=S.APPLYING).first()
    if busy is not None:
        raise InventoryError(
            f"Change #{busy.pk} is being applied to {cluster}: "
            "choose other directors when it has ended.",
            "directors",
        )
    for change in cluster.changes.filter(state__in=(S.IN_REVIEW, S.APPROVED)).order_by("pk"):
        mark_stale(change=change, note=OTHER_DIRECTORS)
    settle_drifts(cluster=cluster)


@receiver(observed)
def note_what_is_held(sender: Any, director: Director, seen_at: datetime, **kwargs: Any) -> None:
    """Each report of a kernel may begin a drift, or end one."""
    settle_drift(director=director, seen_at=seen_at)
