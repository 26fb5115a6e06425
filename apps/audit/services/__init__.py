"""Everything that writes the audit log."""

from apps.audit.services.records import SYSTEM, changed, record
from apps.audit.services.seals import seal_head

__all__ = ["SYSTEM", "changed", "record", "seal_head"]
