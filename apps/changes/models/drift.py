"""Times in which a director held something else than its cluster's head."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.changes.models.change import Change
from apps.inventory.models import Cluster, Director, Revision


class Drift(models.Model):
    """What of ours in one director's kernel differs from the head, from when to when.

    While it lasts, what the kernel holds and what the head says may change: it then goes on as the
    same drift, with another `digest` or `head`, and whoever ignored it ignored the one before.
    """

    class Answer(models.TextChoices):
        """What somebody made a change for."""

        ADOPT = "adopt", "adopt it"
        REVERT = "revert", "put it back"

    class Ending(models.TextChoices):
        ITSELF = "itself", "the kernel was put back without this console"
        REVERTED = "reverted", "put back"
        ADOPTED = "adopted", "adopted"
        HEAD = "head", "another revision became the head"
        LEFT = "left", "the director left the cluster"

    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="drifts")
    director = models.ForeignKey(Director, on_delete=models.PROTECT, related_name="drifts")
    head = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)  # of what the kernel holds: Difference.digest
    summary = models.CharField(max_length=300)  # the first differences in one line
    since = models.DateTimeField()
    moved_at = models.DateTimeField()  # since when it is as it is
    answer = models.CharField(max_length=6, choices=Answer.choices, blank=True)
    answered_by = models.ForeignKey(
        Change, null=True, blank=True, on_delete=models.PROTECT, related_name="drifts"
    )  # the newest change that was made for it
    ignored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ignored_at = models.DateTimeField(null=True, blank=True)
    ignored_because = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=8, choices=Ending.choices, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["director"],
                condition=Q(ended_at=None),
                name="one_open_drift_a_director",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ending="") | Q(ended_at__isnull=False) & ~Q(ending=""),
                name="a_drift_ends_somehow",
            ),
            models.CheckConstraint(
                condition=Q(ignored_by=None, ignored_at=None, ignored_because="")
                | Q(ignored_by__isnull=False, ignored_at__isnull=False) & ~Q(ignored_because=""),
                name="ignored_by_somebody_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"drift of {self.director}"

    @property
    def is_ignored(self) -> bool:
        """Whether somebody said that it is fine as it is."""
        return self.ignored_at is not None

    @property
    def cluster_scope(self) -> int:
        """The cluster whose roles count for it."""
        return self.cluster_id
