"""The audit log: its records, the chain through them, its seals, and where it was sent."""

from apps.audit.models.chain import AuditLink, AuditSeal
from apps.audit.models.records import AuditRecord
from apps.audit.models.sinks import AuditSink

__all__ = ["AuditLink", "AuditRecord", "AuditSeal", "AuditSink"]
