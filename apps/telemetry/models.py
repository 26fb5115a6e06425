"""What the directors say of themselves, as the relay stored it."""

from django.db import models

from apps.inventory.models import Director


class DirectorStatus(models.Model):
    """The newest word of one director. Absent until its agent has spoken once."""

    director = models.OneToOneField(Director, on_delete=models.CASCADE, related_name="status")
    last_seen = models.DateTimeField(null=True, blank=True)
    away_since = models.DateTimeField(
        null=True, blank=True
    )  # heard last then, and people were told that it is away; None = nobody was
    facts = models.JSONField(
        default=dict
    )  # kernel, IPVS version, schedulers, addresses, ip_forward
    revision = models.PositiveIntegerField(default=0)  # highest that the agent verified; 0 = none
    owned_digest = models.CharField(
        max_length=64, blank=True
    )  # of the services we own, in the kernel
    observed = models.JSONField(null=True, blank=True)  # whole kernel table; None = never reported
    owned = models.JSONField(default=dict)  # which of it is ours: lvs.documents.scope_to_document
    observed_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)  # why the agent can't read its kernel
    last_run = models.JSONField(default=dict)  # what became of the order it was given last
    console_keys = models.JSONField(default=list)  # whom it believes, by key id
    session = models.CharField(max_length=32, blank=True)  # the life of the agent that spoke last
    heartbeat_number = models.BigIntegerField(default=0)  # of the newest one in that life
    observed_number = models.BigIntegerField(default=0)
    spoke_at = models.FloatField(default=0)  # newest time in that life, unix s by its own clock
    past_sessions = models.JSONField(default=dict)  # of each the same, and when it ended by ours
    forgotten_until = models.FloatField(
        null=True, blank=True
    )  # newest time in lives that are not remembered any more; None = all are

    def __str__(self) -> str:
        return f"status of {self.director}"


class RelayStatus(models.Model):
    """When a relay last read Redis: without that, silence of a director tells nothing."""

    name = models.CharField(max_length=63, unique=True)
    last_read = models.DateTimeField()  # every report up to here is stored
    listening_since = models.DateTimeField()  # without a gap in which directors went unheard

    def __str__(self) -> str:
        return self.name
