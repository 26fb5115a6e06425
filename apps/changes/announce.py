"""Telling browsers that a change is not what it was."""

from apps.changes.models import Change
from apps.telemetry import push


def announce(change: Change) -> None:
    """After the commit, all pages that show the change: its own, its cluster's, and the lists."""
    push.announce(f"change.{change.pk}")
    push.announce(f"cluster.{change.cluster_id}")
    push.announce("home")
