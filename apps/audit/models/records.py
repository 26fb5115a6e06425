"""The audit log: one record for each change of state, written in the same transaction."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from apps.audit.families import Family
from apps.audit.models.append_only import AppendOnly, WrittenOnce


class AuditRecord(AppendOnly):
    """Who did what, when, from where, to which object, why. Never changed, never deleted."""

    # Set here, not by the database: the digest covers it.
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_name = models.CharField(
        max_length=200
    )  # kept as text: a renamed user does not rewrite history
    address = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    object_name = models.CharField(max_length=200)
    cluster_number = models.PositiveBigIntegerField(
        null=True, blank=True
    )  # whose readers may see it; None = it concerns the console as a whole
    change_number = models.PositiveBigIntegerField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    reason = models.TextField(blank=True)
    digest = models.CharField(max_length=64)  # SHA-256 of all above: apps/audit/canonical.py
    size = models.PositiveIntegerField(default=0)  # characters of the canonical form
    search_text = models.TextField(blank=True)  # what the search looks into: apps/audit/searching

    objects = WrittenOnce["AuditRecord"].as_manager()

    class Meta:
        ordering = ("-id",)
        # Each filter of the page reads its own index from the newest time down, and stops at a page full.
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_object"),
            models.Index(fields=["at", "id"], name="audit_at"),
            models.Index(Lower("actor_name"), "at", "id", name="audit_actor_name"),
            models.Index(fields=["actor", "at", "id"], name="audit_actor"),
            models.Index(fields=["action", "at", "id"], name="audit_action"),
            models.Index(Family("action"), "at", "id", name="audit_family"),
            models.Index(fields=["object_type", "at", "id"], name="audit_object_type"),
            models.Index(fields=["cluster_number", "at", "id"], name="audit_cluster"),
            models.Index(fields=["change_number", "at", "id"], name="audit_change"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name} {self.action} {self.object_name}"
