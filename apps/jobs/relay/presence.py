"""Telling browsers when a director comes or goes: silence is no event, so somebody must look."""

import threading

from apps.inventory.models import Director
from apps.telemetry import push
from apps.telemetry.selectors import LARGE, presences

LOOK_EVERY = 0.5
"""Seconds between two looks."""


class PresenceWatcher:
    """Compares the presence of all directors with that of the last look."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def session(self, stop: threading.Event) -> None:
        """Look until `stop` is set. Raises database errors."""
        while not stop.is_set():
            self.look()
            stop.wait(LOOK_EVERY)

    def look(self) -> None:
        """Announce the directors whose presence changed, and their clusters."""
        directors = list(Director.objects.select_related("status").defer(*LARGE))
        now = presences(directors)
        changed = [d for d in directors if now[d.pk] != self._known.get(d.pk)]
        self._known = dict(now)
        if changed:
            push.announce("directors")
            push.announce("home")
        for cluster_id in {d.cluster_id for d in changed if d.cluster_id}:
            push.announce(f"cluster.{cluster_id}")
