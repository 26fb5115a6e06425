"""What pages must hear of clusters and directors that were made or edited."""

from typing import Any

from django.dispatch import receiver

from apps.inventory.models import Cluster, Director
from apps.inventory.signals import stored
from apps.telemetry import push


@receiver(stored)
def announce_stored(
    sender: Any, cluster: Cluster | None = None, director: Director | None = None, **kwargs: Any
) -> None:
    """Tell the lists, and the page of the cluster that it is about."""
    push.announce("home")
    push.announce("directors")
    number = cluster.pk if cluster else director.cluster_id if director else None
    if number is not None:
        push.announce(f"cluster.{number}")
