"""What tests of notifications share."""

from datetime import timedelta

from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import set_email
from apps.changes.services import end_change, start_change
from apps.inventory.services import create_revision
from apps.notify.events import EVENTS
from apps.notify.models import Delivery
from apps.notify.services import create_webhook


def with_mail(settings):
    """The console has a mail server: Django's for tests, which keeps what it gets in `mail.outbox`."""
    settings.EMAIL_HOST = "mail.example.net"
    settings.DEFAULT_FROM_EMAIL = "LVS Console <console@example.net>"
    settings.BASE_URL = "https://lvs.example.net"


def reachable(user):
    """The person, with an e-mail address."""
    set_email(actor=user, email=f"{user.username}@example.net")
    return User.objects.get(pk=user.pk)


def hook_to(url, actor, cluster=None, events=EVENTS):
    """A webhook, and its secret."""
    return create_webhook(actor=actor, cluster=cluster, url=url, events=list(events))


def told(kind=None):
    """Names of the people, and numbers of the webhooks, who are told of such an event."""
    rows = Delivery.objects.filter(**{"event__kind": kind} if kind else {})
    return sorted(str(row.user or f"hook {row.webhook_id}") for row in rows)


def due_now():
    """Time passes: whatever waits is due."""
    Delivery.objects.filter(state="waiting").update(next_send=timezone.now() - timedelta(seconds=1))


def applying(change, approver):
    """The approved change, being applied."""
    revision = create_revision(cluster=change.cluster, table=change.table, digest=change.digest)
    return start_change(actor=approver, change=change, revision=revision)


def ended(change, state, note=""):
    """The change that is being applied, at its end."""
    end_change(change=change, state=state, note=note)
