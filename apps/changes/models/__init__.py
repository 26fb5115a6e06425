"""Changes, what people said of them, and the policies that govern them."""

from apps.changes.models.change import Change, DirectorPlan
from apps.changes.models.policy import ClusterPolicy, FreezeWindow
from apps.changes.models.review import Review

__all__ = ["Change", "ClusterPolicy", "DirectorPlan", "FreezeWindow", "Review"]
