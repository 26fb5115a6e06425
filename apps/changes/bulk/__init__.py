"""One edit of many services and real servers at once: which, what, and what came of it. Pure."""

from apps.changes.bulk.edits import (
    AddServer,
    Edit,
    RemoveServers,
    RemoveServices,
    ScaleWeight,
    SetForwarding,
    SetScheduler,
    SetWeight,
)
from apps.changes.bulk.outcome import Outcome, edited, new_problems
from apps.changes.bulk.selection import Selection

__all__ = [
    "AddServer",
    "Edit",
    "Outcome",
    "RemoveServers",
    "RemoveServices",
    "ScaleWeight",
    "Selection",
    "SetForwarding",
    "SetScheduler",
    "SetWeight",
    "edited",
    "new_problems",
]
