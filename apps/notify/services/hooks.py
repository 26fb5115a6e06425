"""Webhooks: made, edited, tested and removed by administrators of their cluster, or of the console."""

import hashlib
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import changed, record
from apps.inventory.models import Cluster
from apps.notify.addresses import check_url
from apps.notify.errors import NotifyError
from apps.notify.events import EVENTS, TEST
from apps.notify.models import Delivery, Event, Webhook
from apps.notify.sealing import new_secret, seal_secret


@transaction.atomic
def create_webhook(
    *, actor: User, cluster: Cluster | None, url: str, events: Collection[str]
) -> tuple[Webhook, str]:
    """A new webhook of a cluster, None = of the whole console; and its secret, which nobody sees again.

    Raises NotifyError for a wrong address or event, PermissionDenied.
    """
    require(actor, "hook.manage", cluster)
    secret = new_secret()
    hook = Webhook(cluster=cluster, secret=seal_secret(secret))
    _fill(hook, url, events)
    hook.save()
    record(actor=actor, action="webhook.created", obj=hook, after=_state(hook))
    return hook, secret


@transaction.atomic
def edit_webhook(
    *, actor: User, webhook: Webhook, url: str, events: Collection[str], is_on: bool
) -> Webhook:
    """Another address, other events, on or off. Raises as `create_webhook`, or that it is gone."""
    require(actor, "hook.manage", webhook)
    hook = _locked(webhook)
    before = _state(hook)
    _fill(hook, url, events)
    hook.is_on = is_on
    hook.save(update_fields=["url", "events", "is_on"])
    old, new = changed(before, _state(hook))
    if new:
        record(actor=actor, action="webhook.edited", obj=hook, before=old, after=new)
    return hook


@transaction.atomic
def renew_secret(*, actor: User, webhook: Webhook) -> str:
    """A new secret, which nobody sees again; the old one signs nothing any more."""
    require(actor, "hook.manage", webhook)
    hook = _locked(webhook)
    secret = new_secret()
    hook.secret = seal_secret(secret)
    hook.save(update_fields=["secret"])
    record(actor=actor, action="webhook.secret_renewed", obj=hook)
    return secret


@transaction.atomic
def remove_webhook(*, actor: User, webhook: Webhook) -> None:
    """Tell it nothing any more, and forget it; what waits for it is not sent."""
    require(actor, "hook.manage", webhook)
    hook = _locked(webhook)
    record(actor=actor, action="webhook.removed", obj=hook, before=_state(hook))
    hook.delete()


@transaction.atomic
def ask_test_call(*, actor: User, webhook: Webhook) -> Delivery:
    """Send it an event that says that it is a test, also while it is switched off."""
    require(actor, "hook.manage", webhook)
    hook = _locked(webhook)
    now = timezone.now()
    facts = {
        "cluster": hook.cluster.name if hook.cluster else "",
        "by": actor.display_name,
        "detail": "",
    }
    event = Event.objects.create(kind=TEST, at=now, cluster=hook.cluster, facts=facts)
    delivery = Delivery.objects.create(event=event, webhook=hook, next_send=now)
    record(actor=actor, action="webhook.tested", obj=hook)
    return delivery


def _locked(webhook: Webhook) -> Webhook:
    hook = Webhook.objects.select_for_update(of=("self",)).select_related("cluster")
    found = hook.filter(pk=webhook.pk).first()
    if found is None:
        raise NotifyError("Somebody has removed this webhook.")
    return found


def _fill(hook: Webhook, url: str, events: Collection[str]) -> None:
    hook.url = url.strip()
    check_url(hook.url, own_host=hook.cluster_id is None)
    unknown = set(events) - set(EVENTS)
    if unknown or not events:
        raise NotifyError("Choose at least one event.", "events")
    hook.events = [kind for kind in EVENTS if kind in events]


def _state(hook: Webhook) -> dict[str, Any]:
    return {"address": _masked(hook.url), "events": hook.events, "on": hook.is_on}


def _masked(url: str) -> str:
    """Host and a fingerprint: the path of many a webhook is a password, and many read the audit log."""
    parts = urlsplit(url)
    fingerprint = hashlib.sha256(url.encode()).hexdigest()[:8]
    return f"{parts.scheme}://{parts.netloc}/… ({fingerprint})"
