"""Changes, what people said of them, and the policies that govern them."""

from apps.changes.models.change import Change, DirectorPlan
from apps.changes.models.drift import Drift
from apps.changes.models.policy import ClusterPolicy, FreezeWindow
from apps.changes.models.review import Review

__all__ = ["Change", "ClusterPolicy", "DirectorPlan", "Drift", "FreezeWindow", "Review"]
