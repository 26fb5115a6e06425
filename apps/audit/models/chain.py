"""The chain through the records, and the signatures under its heads."""

from django.db import models
from django.utils import timezone

from apps.audit.models.append_only import AppendOnly, WrittenOnce
from apps.audit.models.records import AuditRecord

GENESIS = "0" * 64
"""What the first link has as its `previous`."""


class AuditLink(AppendOnly):
    """One record's place in the chain. The database writes it (docs/adr/0009), nobody else.

    hash: SHA-256, in hex, of the text "previous:digest:id of the record".
    """

    position = models.BigIntegerField(primary_key=True)  # 1, 2, 3 … in the order of commits
    record = models.OneToOneField(AuditRecord, on_delete=models.PROTECT, related_name="link")
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = WrittenOnce["AuditLink"].as_manager()

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return f"chain up to {self.position}"


class AuditSeal(AppendOnly):
    """The console's signature under the chain up to a position: apps/audit/sealing.py."""

    position = models.BigIntegerField(unique=True)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(default=timezone.now)
    key_id = models.CharField(max_length=16)
    signature = models.CharField(max_length=88)  # Ed25519, base64

    objects = WrittenOnce["AuditSeal"].as_manager()

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return f"seal at {self.position}"
