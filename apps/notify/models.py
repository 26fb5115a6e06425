"""What people chose to be told, webhooks, and the outbox of what is told to whom."""

import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from apps.changes.models import Change
from apps.inventory.models import Cluster, Director
from apps.notify.events import LABELS


class Reach(models.TextChoices):
    """Of which clusters somebody wants to hear."""

    NONE = "none", "no e-mail"
    ALL = "all", "all clusters"
    CHOSEN = "chosen", "chosen clusters"


class Choices(models.Model):
    """What one person wants to be told by e-mail. Without one: what `events.EVENTS` says."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_choices"
    )
    reach = models.JSONField(default=dict)  # kind of event → Reach; absent = by default
    clusters = models.ManyToManyField(Cluster, blank=True, related_name="+")  # the chosen ones

    def __str__(self) -> str:
        return f"e-mails to {self.user}"


class Webhook(models.Model):
    """An address of another program that is told of events: of one cluster, or of the whole console."""

    cluster = models.ForeignKey(
        Cluster, null=True, blank=True, on_delete=models.CASCADE, related_name="webhooks"
    )  # None = all clusters, and directors without one
    url = models.CharField(max_length=500)
    secret = models.CharField(max_length=300)  # sealed: apps/notify/sealing.py
    events = models.JSONField(default=list)
    is_on = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"webhook {self.pk} of {self.cluster or 'the console'}"

    @property
    def cluster_scope(self) -> int | None:
        """The cluster whose roles count for it; None = roles that are held everywhere."""
        return self.cluster_id


class Event(models.Model):
    """Something that happened, with the facts as they were. Written with what it tells of."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=16)
    at = models.DateTimeField(db_index=True)
    cluster = models.ForeignKey(Cluster, null=True, on_delete=models.CASCADE, related_name="+")
    change = models.ForeignKey(Change, null=True, on_delete=models.CASCADE, related_name="+")
    director = models.ForeignKey(Director, null=True, on_delete=models.CASCADE, related_name="+")
    facts = models.JSONField(
        encoder=DjangoJSONEncoder
    )  # names, title, who, text: see services/queue.py

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"

    @property
    def cluster_scope(self) -> int | None:
        """Whose people may hear of it."""
        return self.cluster_id

    @property
    def label(self) -> str:
        """Its kind in a word or two."""
        return LABELS[self.kind]


class Delivery(models.Model):
    """One event on its way to one person or one webhook: a row of the outbox."""

    class State(models.TextChoices):
        WAITING = "waiting", "not yet sent"
        SENT = "sent", "sent"
        DROPPED = "dropped", "not needed any more"
        GIVEN_UP = "given_up", "given up"

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    webhook = models.ForeignKey(
        Webhook, null=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    next_send = (
        models.DateTimeField()
    )  # a worker that takes it moves it on: see services/deliver.py
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)  # of the last HTTP answer
    note = models.CharField(max_length=300, blank=True)  # why it isn't sent

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(
                fields=["next_send"], condition=Q(state="waiting"), name="deliveries_waiting"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, webhook=None) | Q(user=None, webhook__isnull=False),
                name="to_a_person_or_a_webhook",
            ),
            models.UniqueConstraint(fields=["event", "user"], name="told_a_person_once"),
            models.UniqueConstraint(fields=["event", "webhook"], name="told_a_webhook_once"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.user or self.webhook}"
