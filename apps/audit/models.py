"""The audit log: one record for each change of state, written in the same transaction."""

from typing import Any, NoReturn

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class AuditRecords(models.QuerySet["AuditRecord"]):
    """Records in bulk, which are never changed or deleted either."""

    def update(self, **fields: Any) -> NoReturn:
        """Raises TypeError: audit records are never changed."""
        raise TypeError("audit records are never changed")

    def delete(self) -> NoReturn:
        """Raises TypeError: audit records are never deleted."""
        raise TypeError("audit records are never deleted")

    def bulk_create(self, objs: Any, *args: Any, **options: Any) -> Any:
        """Write new records. Raises TypeError when that could overwrite others."""
        if options.get("update_conflicts"):
            raise TypeError("audit records are never changed")
        return super().bulk_create(objs, *args, **options)


class AuditRecord(models.Model):
    """Who did what, when, from where, to which object, why. Never changed, never deleted."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_name = models.CharField(
        max_length=200
    )  # kept as text: a renamed user does not rewrite history
    address = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=64, db_index=True)
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    object_name = models.CharField(max_length=200)
    cluster_number = models.PositiveBigIntegerField(
        null=True, blank=True, db_index=True
    )  # whose readers may see it; None = it concerns the console as a whole
    change_number = models.PositiveBigIntegerField(null=True, blank=True, db_index=True)
    before = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    reason = models.TextField(blank=True)

    objects = AuditRecords.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=["object_type", "object_id"], name="audit_object")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name} {self.action} {self.object_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new record. Raises TypeError on one that is already stored."""
        if self.pk is not None:
            raise TypeError("an audit record is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises TypeError: an audit record is never deleted."""
        raise TypeError("an audit record is never deleted")
