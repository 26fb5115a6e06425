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
    """The same for its policy: its page, and those of its changes that have not begun."""
    push.announce(f"cluster.{cluster.pk}")
    ahead = cluster.changes.filter(state__in=("draft", "in_review", "approved"))
    for number in ahead.values_list("pk", flat=True):
        push.announce(f"change.{number}")
