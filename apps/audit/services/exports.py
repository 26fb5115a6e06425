"""Taking the log out is an act, too."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet

from apps.audit.models import AuditLink, AuditRecord
from apps.audit.services.records import record


@transaction.atomic
def record_export(
    *,
    actor: AbstractBaseUser | None,
    style: str,
    wanted: dict[str, Any],
    records: QuerySet[AuditRecord],
    last: int,
) -> AuditRecord:
    """Note that so many records were exported, up to the number `last`, in this format, by this filter."""
    many = records.filter(pk__lte=last).order_by().count()
    return record(
        actor=actor,
        action="audit.exported",
        obj=AuditLink(position=last),
        after={"format": style, "filter": wanted, "records": many, "up to record": last},
    )
