"""What follows here as clusters and directors are made or edited, and directors enrolled."""

from typing import Any

from django.dispatch import receiver

from apps.inventory.models import Cluster, Director
from apps.inventory.signals import stored
from apps.telemetry import push
from apps.telemetry.replays import forget_host
from apps.trust.signals import enrolled


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


@receiver(enrolled)
def begin_anew(sender: Any, director: Director, **kwargs: Any) -> None:
    """What the host before said, and when it was heard, says nothing of the one that took its place."""
    forget_host(director)
