"""Who may and wants to hear of an event: asked as it happens, and again before it is sent."""

from collections.abc import Callable

from django.conf import settings
from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.accounts.policy import can
from apps.changes.approval import approvers_named, policy_of
from apps.changes.models import Change, Review
from apps.notify.events import EVENTS, OF_REVIEWERS, REVIEW_ASKED, TEST
from apps.notify.models import Choices, Delivery, Event, Reach, Webhook


def people_for(event: Event) -> list[User]:
    """Who gets an e-mail of it: nobody where no mail server is set."""
    if not settings.EMAIL_HOST:
        return []
    people = User.objects.filter(is_active=True).exclude(email="")
    people = people.select_related("mail_choices")
    people = people.prefetch_related("mail_choices__clusters")
    asking = [user for user in people if wants(user, event)]
    User.read_roles(asking)
    may_hear = _ear_for(event)
    return [user for user in asking if may_hear(user)]


def webhooks_for(event: Event) -> QuerySet[Webhook]:
    """The webhooks that are told of it: its cluster's, and those of the console."""
    hooks = Webhook.objects.filter(Q(cluster=None) | Q(cluster_id=event.cluster_id), is_on=True)
    chosen = [hook.pk for hook in hooks if event.kind in hook.events]
    return hooks.filter(pk__in=chosen)


def reach_of(choices: Choices | None, kind: str) -> str:
    """Of which clusters the person wants to hear such events."""
    usual = Reach.ALL if EVENTS[kind].by_default else Reach.NONE
    return str(choices.reach.get(kind, usual) if choices else usual)


def wants(user: User, event: Event) -> bool:
    """Whether the person chose to be told of it."""
    if event.kind == TEST:
        return True
    choices = getattr(user, "mail_choices", None)
    reach = reach_of(choices, event.kind)
    if reach != Reach.CHOSEN or choices is None:
        return reach == Reach.ALL
    return event.cluster_id in {cluster.pk for cluster in choices.clusters.all()}


def needless(delivery: Delivery) -> str:
    """Why it is not sent any more, as a sentence; "" = it is to be sent."""
    event, user, hook = delivery.event, delivery.user, delivery.webhook
    if hook is not None:
        if event.kind == TEST or (hook.is_on and event.kind in hook.events):
            return ""
        return "The webhook was switched off, or no longer asks for this."
    if user is None or not user.is_active or not user.email:
        return "The account is switched off, or has no e-mail address."
    if not wants(user, event):
        return "It is no longer chosen."
    if event.kind != TEST and not _ear_for(event)(user):
        return "The person may no longer see it."
    if event.change is not None and event.kind in OF_REVIEWERS:
        return _review_over(event, event.change, user)
    return ""


def _ear_for(event: Event) -> Callable[[User], bool]:
    """Says of a person whether they may hear of it."""
    change = event.change
    if event.kind not in OF_REVIEWERS or change is None:
        return lambda user: can(user, "view", event)
    named = approvers_named(policy_of(change.cluster))
    return lambda user: can(user, "change.review", change) and (not named or user in named)


def _review_over(event: Event, change: Change, user: User) -> str:
    asked = event.kind == REVIEW_ASKED
    waits = change.state == Change.State.IN_REVIEW if asked else change.review_due
    if not waits or event.facts["change"]["version"] != change.version:
        return "It waits for no review any more."
    given = change.reviews.filter(reviewer=user, version=change.version)
    if given.exclude(verdict=Review.Verdict.COMMENT).exists():
        return "The person has reviewed it already."
    return ""
