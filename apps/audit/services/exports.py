"""Taking the log out is an act, too."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from apps.audit.models import AuditLink, AuditRecord
from apps.audit.services.records import record


@transaction.atomic
def record_export(
    *, actor: AbstractBaseUser | None, style: str, wanted: dict[str, Any], last: int
) -> AuditRecord:
    """Note that the log was exported up to record `last`, in this format, with this filter."""
    return record(
        actor=actor,
        action="audit.exported",
        obj=AuditLink(position=last),
        after={"format": style, "filter": wanted, "up to record": last},
    )
