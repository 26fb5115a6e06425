"""Writing the audit log. There is one way, and no parameter that turns it off."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction

from apps.audit import origin
from apps.audit.models import AuditRecord

SYSTEM = "system"


def record(
    *,
    actor: AbstractBaseUser | None,
    action: str,
    obj: models.Model,
    before: Any = None,
    after: Any = None,
    reason: str = "",
    change_number: int | None = None,
    actor_name: str = "",
) -> AuditRecord:
    """Note an act, in the transaction of the act itself.

    actor None: not a person; `actor_name` then names the director, or it is “system”. before, after:
    JSON values, only what changed. Raises RuntimeError outside of a transaction: a record must
    stand or fall with what it records.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an audit record belongs into the transaction of what it records")
    if actor is not None and not isinstance(actor, get_user_model()):
        raise TypeError(f"{actor!r} is not a user: pass actor=None and a name")
    came = origin.current()
    return AuditRecord.objects.create(
        actor=actor,
        actor_name=(actor.get_username() if actor else actor_name or SYSTEM)[:200],
        address=came.address,
        request_id=came.request_id,
        action=action,
        object_type=obj._meta.model_name or "",
        object_id=str(obj.pk),
        object_name=str(obj)[:200],
        cluster_number=getattr(obj, "cluster_scope", None),
        before=before,
        after=after,
        reason=reason,
        change_number=change_number,
    )


def changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of two states only the fields that differ."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}
