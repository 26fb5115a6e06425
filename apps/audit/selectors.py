"""Reading the audit log."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from apps.audit.models import AuditRecord


def records(user: Any) -> QuerySet[AuditRecord]:
    """The records that the user may read, newest first: all, or those of the clusters where they may.

    The policy module stands above this app: the user brings its answer, `audit_scope`. Raises
    PermissionDenied for those who may read none.
    """
    return _within(getattr(user, "audit_scope", None), "read")


def exportable(user: Any) -> QuerySet[AuditRecord]:
    """The records that the user may take out of the console. Raises PermissionDenied."""
    return _within(getattr(user, "audit_export_scope", None), "export")


def record(user: Any, number: int) -> AuditRecord:
    """One record. Raises AuditRecord.DoesNotExist, PermissionDenied."""
    return records(user).get(pk=number)


def _within(scope: Any, act: str) -> QuerySet[AuditRecord]:
    if not scope:
        raise PermissionDenied(f"You may not {act} the audit log: that needs the role auditor.")
    found = AuditRecord.objects.select_related("actor").defer("search_text")
    return found if scope.everywhere else found.filter(cluster_number__in=scope.clusters)
