"""What was refused, in the audit log: said, and not so often that it fills it."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from apps.audit.models import AuditRecord
from apps.audit.services import record

ONCE_IN = timedelta(minutes=1)
"""Whoever sends forgeries must not fill the audit log with them."""


@transaction.atomic
def note_refusal(
    *,
    obj: Model,
    action: str,
    reason: str,
    actor_name: str = "",
    change_number: int | None = None,
) -> bool:
    """Record that something was refused which concerns this object, unless the same act was recorded within
    ONCE_IN; whether it was recorded. actor_name: who refused it; "" = the console."""
    known = AuditRecord.objects.filter(
        object_type=obj._meta.model_name or "",
        object_id=str(obj.pk),
        action=action,
        at__gte=timezone.now() - ONCE_IN,
    )
    if known.exists():
        return False
    record(
        actor=None,
        actor_name=actor_name,
        action=action,
        obj=obj,
        reason=reason[:300],
        change_number=change_number,
    )
    return True
