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
    scope = getattr(user, "audit_scope", None)
    if not scope:
        raise PermissionDenied("You may not read the audit log: that needs the role auditor.")
    found = AuditRecord.objects.select_related("actor")
    return found if scope.everywhere else found.filter(cluster_number__in=scope.clusters)


def record(user: Any, number: int) -> AuditRecord:
    """One record. Raises AuditRecord.DoesNotExist, PermissionDenied."""
    return records(user).get(pk=number)
