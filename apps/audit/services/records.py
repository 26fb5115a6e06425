"""Writing the audit log. There is one way, and no parameter that turns it off."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.utils import timezone

from apps.audit import origin
from apps.audit.canonical import digest_of, form, plain, text
from apps.audit.models import AuditRecord
from apps.audit.searching import search_text_of

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
    came, at = origin.current(), timezone.now()
    content = {
        "actor_id": actor.pk if actor else None,
        "actor_name": text(_name(actor) if actor else actor_name or SYSTEM)[:200],
        "address": text(came.address)[:64],
        "request_id": text(came.request_id)[:64],
        "action": action,
        "object_type": obj._meta.model_name or "",
        "object_id": str(obj.pk)[:64],
        "object_name": text(str(obj))[:200],
        "cluster_number": getattr(obj, "cluster_scope", None),
        "change_number": change_number,
        "before": plain(before),
        "after": plain(after),
        "reason": text(reason),
    }
    canonical = form(at, content)
    return AuditRecord.objects.create(
        at=at,
        **content,
        digest=digest_of(canonical),
        size=len(canonical),
        search_text=search_text_of(content),
    )


def _name(actor: AbstractBaseUser) -> str:
    """The actor's own word for it, which also tells whether a program acted for them with a token."""
    return str(getattr(actor, "audit_name", actor.get_username()))


def changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of two states only the fields that differ."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}
