"""Delivery: one run for each director of an approved change, the outbox that sends it, and errands."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.changes.models import Change
from apps.inventory.models import Cluster, Director


class Run(models.Model):
    """One change being applied to one director."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting for its turn"
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        VERIFIED = "verified", "verified"
        FAILED = "failed", "failed"
        PARTIAL = "partial", "partly applied"
        LOST = "lost", "lost"
        SUPERSEDED = "superseded", "superseded"
        SKIPPED = "skipped", "not begun"

    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="runs")
    director = models.ForeignKey(Director, on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    position = models.PositiveSmallIntegerField(default=0)  # whose turn it is, from 0
    error = models.TextField(blank=True)
    expected_digest = models.CharField(max_length=64)
    done_steps = models.PositiveIntegerField(default=0)
    total_steps = models.PositiveIntegerField(default=0)
    queued_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)  # the newest report about this run
    # Of that report: the life of the agent that said it, its number there, and its time by its own clock.
    said_by = models.CharField(max_length=32, blank=True)
    said_number = models.BigIntegerField(default=0)
    said_at = models.FloatField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    inferred = models.BooleanField(default=False)  # its end was concluded, not reported

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["change", "director"], name="one_run_a_director")
        ]
        indexes = [  # each heartbeat asks for these
            models.Index(fields=["director"], condition=models.Q(state="lost"), name="lost_runs")
        ]

    def __str__(self) -> str:
        return f"run of {self.change} on {self.director}"

    @property
    def cluster_scope(self) -> int:
        """The cluster whose roles count for it: that of its change, wherever the director is now."""
        return self.change.cluster_id


OPEN = (Run.State.QUEUED, Run.State.RUNNING)
"""The states of a run that its director has, or will get, and that has not ended."""
UNENDED = (Run.State.WAITING, *OPEN)
"""The same, with those whose turn has not come."""


class RunStep(models.Model):
    """One step of a run, as the director reported it."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        SKIPPED = "skipped", "not tried"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    index = models.PositiveIntegerField()
    text = models.CharField(max_length=300)
    command = models.CharField(max_length=500)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("index",)
        constraints = [models.UniqueConstraint(fields=["run", "index"], name="step_index_once")]

    def __str__(self) -> str:
        return f"{self.index}: {self.text}"


UNSENT_FOR = timedelta(seconds=8)
"""After this a person is told that an order has not left: the worker looks every two seconds."""
UNSENT = "Not sent yet: is the console's worker running, and does Redis answer and have room?"


class Outbox(models.Model):
    """A run that must be delivered: sent again and again until the run ends."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="outbox")
    next_send = models.DateTimeField(db_index=True)
    sent = models.PositiveIntegerField(default=0)
    last_sent = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)  # why it is not sent; "" once it is
    refusal = models.CharField(max_length=300, blank=True)  # what the director said to the order
    failures = models.PositiveIntegerField(default=0)  # in a row: each doubles the pause
    deadline = models.DateTimeField()  # after this an unanswered run is lost

    class Meta:
        verbose_name_plural = "outbox"

    def __str__(self) -> str:
        return f"outbox of {self.run}"

    @property
    def trouble(self) -> str:
        """Why the director may not have the order; "" where nothing is known to be wrong."""
        if self.last_error or self.refusal:
            return self.last_error or self.refusal
        late = timezone.now() - self.run.queued_at > UNSENT_FOR
        return UNSENT if late and not self.sent else ""


PATIENCE = timedelta(seconds=30)
"""How long a person waits for an answer, and how long an errand may be taken up."""
GRACE = timedelta(seconds=5)
"""After its deadline, until the worker has ended an errand: without Redis it does nothing at all."""


class Errand(models.Model):
    """What a person asked of one director beside its table: a question, or a small act."""

    class Kind(models.TextChoices):
        CONNECTIONS = "connections", "connections"
        DOCTOR = "doctor", "fitness"
        SCRIPT = "script", "script for a real server"
        ZERO = "zero", "counters to zero"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        ANSWERED = "answered", "answered"
        FAILED = "failed", "failed"
        LOST = "lost", "no answer"

    director = models.ForeignKey(Director, on_delete=models.CASCADE, related_name="errands")
    cluster = models.ForeignKey(
        Cluster, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )  # of the director as it was asked: the answer is for that cluster's people
    kind = models.CharField(max_length=12, choices=Kind.choices)
    arguments = models.JSONField(default=dict)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    deadline = models.DateTimeField()  # after this nobody waits for the answer
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    answer = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)  # why there is no answer, or may be none
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=["state"], name="errands_by_state")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.director}"

    @property
    def cluster_scope(self) -> int | None:
        """The cluster whose roles count for it."""
        return self.cluster_id

    @property
    def waits(self) -> bool:
        """Whether an answer may still come, or the worker may still end it."""
        return self.state == self.State.WAITING and timezone.now() < self.deadline + GRACE

    @property
    def trouble(self) -> str:
        """Why one that waits may wait in vain; "" where nothing is known to be wrong."""
        late = timezone.now() - self.asked_at > UNSENT_FOR
        return self.error or (UNSENT if late and not self.sent_at else "")

    @property
    def silence(self) -> str:
        """Why no answer came to one that waited in vain."""
        if self.error:
            return self.error
        if self.sent_at:
            return f"{self.director} gave no answer within {PATIENCE.seconds} seconds: is its agent running?"
        return "It was not sent, so nothing was asked: are Redis and the console's worker running?"
