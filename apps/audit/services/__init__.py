"""Everything that writes the audit log."""

from apps.audit.services.exports import record_export
from apps.audit.services.records import SYSTEM, changed, record
from apps.audit.services.seals import seal_head
from apps.audit.services.sending import send_outside

__all__ = ["SYSTEM", "changed", "record", "record_export", "seal_head", "send_outside"]
