"""How the changes of a cluster are approved, and when they may be applied."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from apps.inventory.models import Cluster

MOST_APPROVALS = 3
LONGEST_CONFIRMATION = 24 * 60
"""Minutes."""


class ClusterPolicy(models.Model):
    """What one cluster asks of its changes. A cluster without one: one approval, by whoever reviews."""

    cluster = models.OneToOneField(Cluster, on_delete=models.CASCADE, related_name="policy")
    approvals = models.PositiveSmallIntegerField(
        default=1, validators=[MaxValueValidator(MOST_APPROVALS)]
    )
    approvers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+"
    )  # whose approval counts; none = that of everybody who may review
    free_weights = models.BooleanField(default=False)  # weights and drains need no approval
    confirm_within = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(LONGEST_CONFIRMATION)]
    )  # minutes in which every change must be confirmed; 0 = as its author chooses
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(approvals__lte=MOST_APPROVALS), name="at_most_three_approvals"
            )
        ]

    def __str__(self) -> str:
        return f"policy of {self.cluster}"

    @property
    def cluster_scope(self) -> int:
        """The cluster whose roles count for it."""
        return self.cluster_id


class FreezeWindow(models.Model):
    """A time in which no change of the cluster begins to be applied: once, or every week."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="freezes")
    reason = models.CharField(max_length=120)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    weekdays = models.JSONField(default=list)  # of the beginning, 0 = Monday
    from_time = models.TimeField(null=True, blank=True)  # in the console's time zone
    to_time = models.TimeField(null=True, blank=True)  # of the next day where it is not later

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=False, ends_at__gt=models.F("starts_at"))
                | Q(starts_at=None, from_time__isnull=False, to_time__isnull=False),
                name="once_or_every_week",
            )
        ]

    def __str__(self) -> str:
        return f"freeze of {self.cluster}: {self.reason}"

    @property
    def cluster_scope(self) -> int:
        """The cluster whose roles count for it."""
        return self.cluster_id
