"""Proposed tables, and their plans for each director."""

from django.conf import settings
from django.db import models
from django.db.models import Q

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

    class Basis(models.TextChoices):
        """By what right a change was approved."""

        PEOPLE = "people", "approved by people"
        POLICY = "policy", "the cluster's policy asks for nobody"
        EMERGENCY = "emergency", "rolled back first, to be reviewed after"
        UNCONFIRMED = "unconfirmed", "taken back because nobody confirmed it"

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
    rolls_back_to = models.ForeignKey(
        Revision, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # whose table it proposes again, exactly; an edit of the draft clears it
    takes_back = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="taken_back_by"
    )  # the change that nobody confirmed
    approved_by = models.CharField(max_length=12, choices=Basis.choices, blank=True)
    review_due = models.BooleanField(default=False)  # it went first: somebody must look at it still
    start_at = models.DateTimeField(null=True, blank=True)  # not before; None = once approved
    start_until = models.DateTimeField(null=True, blank=True)  # not begun after; None = no end
    confirm_within = models.PositiveSmallIntegerField(
        default=0
    )  # minutes to confirm it in, else it is taken back; 0 = it stays
    confirm_by = models.DateTimeField(null=True, blank=True)  # set as it is applied
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
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
                condition=Q(state="applying"),
                name="one_change_at_a_time_is_applied",
            ),
            models.CheckConstraint(
                condition=Q(start_at=None)
                | Q(start_until=None)
                | Q(start_until__gt=models.F("start_at")),
                name="a_window_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    @property
    def waits_for_confirmation(self) -> bool:
        """Whether it is applied and will be taken back unless somebody confirms it."""
        return self.confirm_by is not None and self.confirmed_at is None and not self.was_taken_back

    @property
    def was_taken_back(self) -> bool:
        """Whether a change was made that takes it back."""
        return hasattr(self, "taken_back_by")

    @property
    def cluster_scope(self) -> int:
        """The cluster whose roles count for it."""
        return self.cluster_id


UNCONFIRMED = Q(confirm_by__isnull=False, confirmed_at=None, taken_back_by=None)
"""Changes that are applied and will be taken back unless somebody confirms them."""


class DirectorPlan(models.Model):
    """The plan of a change for one director, frozen at submit from its last observed table."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="plans")
    director = models.ForeignKey(Director, on_delete=models.PROTECT, related_name="+")
    expected_digest = models.CharField(
        max_length=64
    )  # of what it starts from: owned, and taken over
    steps = models.JSONField()  # lvs.plan.plan_to_document
    conflicts = models.JSONField(default=list)  # names of what is not ours and the table claims
    adopt = models.BooleanField(default=False)  # take these over: the author was shown them

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "director"], name="one_plan_a_director")
        ]

    def __str__(self) -> str:
        return f"plan of {self.change} for {self.director}"
