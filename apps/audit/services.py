"""Writing the audit log. There is one way, and no parameter that turns it off."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.utils import timezone

from apps.audit import origin
from apps.audit.canonical import digest_of, plain
from apps.audit.models import AuditLink, AuditRecord, AuditSeal
from apps.audit.seals import key_id_of, sealed_bytes
from apps.audit.search import search_text

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
    content = {
        "at": timezone.now(),
        "actor_id": actor.pk if actor else None,
        "actor_name": (_name(actor) if actor else actor_name or SYSTEM)[:200],
        "address": came.address,
        "request_id": came.request_id,
        "action": action,
        "object_type": obj._meta.model_name or "",
        "object_id": str(obj.pk),
        "object_name": str(obj)[:200],
        "cluster_number": getattr(obj, "cluster_scope", None),
        "before": plain(before),
        "after": plain(after),
        "reason": reason,
        "change_number": change_number,
    }
    return AuditRecord.objects.create(
        **content, digest=digest_of(content), search_text=search_text(content)
    )


def _name(actor: AbstractBaseUser) -> str:
    """The actor's own word for it, which also tells whether a program acted for them with a token."""
    return str(getattr(actor, "audit_name", actor.get_username()))


def changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of two states only the fields that differ."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


@transaction.atomic
def seal_head(*, key: Ed25519PrivateKey) -> AuditSeal | None:
    """Sign the newest link of the chain, so that nobody without the key can make another chain of that
    length. None: it is sealed already, or there is none. Only the console's worker has the key."""
    head = AuditLink.objects.order_by("-position").first()
    if head is None or AuditSeal.objects.filter(position__gte=head.position).exists():
        return None
    at = timezone.now()
    seal = AuditSeal(
        position=head.position,
        hash=head.hash,
        sealed_at=at,
        key_id=key_id_of(key.public_key()),
        signature=key.sign(sealed_bytes(head.position, head.hash, at)).hex(),
    )
    seal.save(force_insert=True)
    return seal


@transaction.atomic
def record_export(
    *, actor: AbstractBaseUser | None, form: str, wanted: dict[str, Any]
) -> AuditRecord:
    """Note that somebody took records out of the console. wanted: the filter, as it was asked for."""
    newest = AuditRecord.objects.order_by("-pk").first()
    return record(
        actor=actor,
        action="audit.exported",
        obj=newest or AuditRecord(),
        after={"format": form, "filter": wanted},
    )
