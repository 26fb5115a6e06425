"""Signing the head of the chain."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from django.utils import timezone

from apps.audit.models import AuditLink, AuditSeal
from apps.audit.seals import Head, sign


@transaction.atomic
def seal_head(*, key: Ed25519PrivateKey) -> AuditSeal | None:
    """Sign the newest link, when there is one that no seal holds yet; None where nothing is new.

    It writes no record: that would be a new head, and so on without end. The seal itself is append-only.
    """
    link = AuditLink.objects.order_by("-position").first()
    newest = AuditSeal.objects.order_by("-position").first()
    if link is None or (newest and newest.position >= link.position):
        return None
    head = Head(link.position, link.hash, timezone.now())
    name, signature = sign(head, key)
    return AuditSeal.objects.create(
        position=head.position,
        hash=head.hash,
        sealed_at=head.sealed_at,
        key_id=name,
        signature=signature,
    )
