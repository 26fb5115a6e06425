"""Reading the audit log."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from apps.audit.models import AuditRecord

VIEW = "accounts.view_audit"
"""The permission behind the act `audit.view`: the policy module stands above this app."""


def records(user: Any) -> QuerySet[AuditRecord]:
    """All records, newest first. Raises PermissionDenied for those who may not read them."""
    if not user.is_active or not user.has_perm(VIEW):
        raise PermissionDenied("You may not read the audit log: that needs the role viewer.")
    return AuditRecord.objects.select_related("actor")


def record(user: Any, number: int) -> AuditRecord:
    """One record. Raises AuditRecord.DoesNotExist, PermissionDenied."""
    return records(user).get(pk=number)
