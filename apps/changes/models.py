"""Proposed tables, and what people said of them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.inventory.models import Cluster, Director, Revision


class Change(models.Model):
    """A proposed table for a cluster. Its id is the number people call it by."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        IN_REVIEW = "in_review", "in review"
        APPROVED = "approved", "approved"
        APPLYING = "applying", "applying"
        APPLIED = "applied", "applied"
        FAILED = "failed", "failed"
        PARTIAL = "partial", "partly applied"
        REJECTED = "rejected", "rejected"
        WITHDRAWN = "withdrawn", "withdrawn"
        STALE = "stale", "stale"

    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="changes")
    title = models.CharField(max_length=120)
    reason = models.TextField(blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="changes"
    )
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    state_note = models.CharField(max_length=300, blank=True)  # why it is stale, failed or partial
    table = models.JSONField()  # the working copy; frozen from submit on
    digest = models.CharField(max_length=64, blank=True)  # set at submit: what approvals bind to
    base = models.ForeignKey(
        Revision, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # the head it was drafted from; None = the cluster had none
    adopt = models.BooleanField(default=False)  # take over services that directors hold already
    allow_empty = models.BooleanField(
        default=False
    )  # author confirmed: services with no usable server
    version = models.PositiveIntegerField(
        default=1
    )  # counts edits and submits: two tabs can't overwrite each other, no verdict meets another plan
    revision = models.OneToOneField(
        Revision, null=True, blank=True, on_delete=models.PROTECT, related_name="change"
    )  # made when it starts to be applied
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["cluster"],
                condition=Q(state__in=["approved", "applying"]),
                name="one_change_at_a_time_is_applied",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    @property
    def cluster_scope(self) -> int:
        """The cluster whose roles count for it."""
        return self.cluster_id


class DirectorPlan(models.Model):
    """The plan of a change for one director, frozen at submit from its last observed table."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="plans")
    director = models.ForeignKey(Director, on_delete=models.PROTECT, related_name="+")
    expected_digest = models.CharField(
        max_length=64
    )  # of what it starts from: owned, and taken over
    steps = models.JSONField()  # lvs.plan.plan_to_document
    conflicts = models.JSONField(default=list)  # names of what is not ours and the table claims

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "director"], name="one_plan_a_director")
        ]

    def __str__(self) -> str:
        return f"plan of {self.change} for {self.director}"


class Review(models.Model):
    """One person's verdict on one digest."""

    class Verdict(models.TextChoices):
        APPROVE = "approve", "approved"
        REJECT = "reject", "rejected"

    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="reviews")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )  # the change's author, kept here so that the database itself refuses self-approval
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews"
    )
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    digest = models.CharField(max_length=64)
    comment = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(reviewer=F("author")), name="nobody_reviews_their_own_change"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reviewer} {self.verdict} {self.change}"
