"""Telling browsers that a change is not what it was."""

from apps.changes.models import Change
from apps.inventory.models import Cluster
from apps.telemetry import push


def announce(change: Change) -> None:
    """After the commit, all pages that show the change: its own, its cluster's, and the lists."""
    push.announce(f"change.{change.pk}")
    push.announce(f"cluster.{change.cluster_id}")
    push.announce("home")


def announce_policy(cluster: Cluster) -> None:
    """The same for its policy: its page, and those of its changes in review."""
    push.announce(f"cluster.{cluster.pk}")
    for number in cluster.changes.filter(state__in=("in_review", "approved")).values_list("pk"):
        push.announce(f"change.{number[0]}")
