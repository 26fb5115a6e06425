"""Reading choices, webhooks, and what became of messages."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.policy import require_somewhere
from apps.notify.models import Choices, Delivery, Webhook

Person = User | AnonymousUser


def choices_of(user: User) -> Choices:
    """What the person chose; an unsaved one where nothing was."""
    found: Choices | None = getattr(user, "mail_choices", None)
    return found or Choices(user=user)


def mails_to(user: User) -> QuerySet[Delivery]:
    """E-mails to this person, the newest first, but for those that nobody needed any more."""
    mails = Delivery.objects.filter(user=user).exclude(state=Delivery.State.DROPPED)
    return mails.select_related("event")


def webhooks(user: Person) -> QuerySet[Webhook]:
    """Those that the person manages: the console's first. Raises PermissionDenied unless any could be."""
    scope = require_somewhere(user, "hook.manage")
    hooks = Webhook.objects.select_related("cluster").order_by("cluster__name", "pk")
    return scope.narrow(hooks, "cluster")


def webhook(user: Person, number: int) -> Webhook:
    """One of them. Raises Webhook.DoesNotExist, PermissionDenied."""
    return webhooks(user).get(pk=number)


def last_try(hook: Webhook) -> Delivery | None:
    """The newest attempt to tell it something; None before the first."""
    return hook.deliveries.filter(tried_at__isnull=False).order_by("-tried_at").first()


def something_is_due() -> bool:
    """Whether a message waits to be sent now. For the worker: it asks nobody's right."""
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING)
    return waiting.filter(next_send__lte=timezone.now()).exists()
