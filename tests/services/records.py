"""Looking into the audit log, exactly."""

from apps.audit.models import AuditRecord


def newest(action):
    """The newest record of this act."""
    return AuditRecord.objects.filter(action=action).first()


def said(action):
    """What the newest record of this act says: who, what, before, after, why, for which change."""
    found = newest(action)
    return (
        found.actor_name,
        f"{found.object_type} {found.object_name}",
        found.before,
        found.after,
        found.reason,
        found.change_number,
    )


def count():
    """How many records there are."""
    return AuditRecord.objects.count()
