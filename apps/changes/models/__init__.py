"""Changes, what people said of them, and the policies that govern them."""

from apps.changes.models.change import UNCONFIRMED, Change, DirectorPlan
from apps.changes.models.claims import ClaimsLock, ProposedEndpoint
from apps.changes.models.drift import Drift
from apps.changes.models.policy import ClusterPolicy, FreezeWindow
from apps.changes.models.review import Review

__all__ = [
    "UNCONFIRMED",
    "Change",
    "ClaimsLock",
    "ClusterPolicy",
    "DirectorPlan",
    "Drift",
    "FreezeWindow",
    "ProposedEndpoint",
    "Review",
]
