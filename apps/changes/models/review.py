"""What people said of a change."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.changes.models.change import Change


class Review(models.Model):
    """One person's verdict on one digest."""

    class Verdict(models.TextChoices):
        APPROVE = "approve", "approved"
        REJECT = "reject", "rejected"
        COMMENT = "comment", "commented"

    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="reviews")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )  # the change's author, kept here so that the database itself refuses self-approval
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews"
    )
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    digest = models.CharField(max_length=64)
    version = models.PositiveIntegerField()  # of the change: a later submit needs a new verdict
    afterwards = models.BooleanField(default=False)  # of a change that had gone first
    comment = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(reviewer=F("author")), name="nobody_reviews_their_own_change"
            ),
            models.UniqueConstraint(
                fields=["change", "version", "reviewer"],
                condition=Q(verdict="approve"),
                name="one_approval_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer} {self.verdict} {self.change}"
