"""Everything that writes the audit log."""

from apps.audit.services.records import SYSTEM, changed, record

__all__ = ["SYSTEM", "changed", "record"]
