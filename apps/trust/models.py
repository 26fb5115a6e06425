"""Whom the console believes, and who may reach Redis: enrolled directors, and hosts that are invited."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.inventory.models import Director
from lvs.agent.sealing import key_id, public_key_from_text


class Identity(models.Model):
    """What an enrolled director proves itself with. Gone once it is revoked; another one when it is enrolled
    anew."""

    director = models.OneToOneField(Director, on_delete=models.CASCADE, related_name="identity")
    public_key = models.CharField(
        max_length=44
    )  # Ed25519, base64: what it reports is signed with it
    password_hash = models.CharField(max_length=64)  # of its Redis user: SHA-256, hex
    hostname = models.CharField(max_length=253)  # as the host called itself
    enrolled_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "identities"

    def __str__(self) -> str:
        return f"identity of {self.director}"

    @property
    def key_id(self) -> str:
        """What envelopes name it by."""
        return key_id(public_key_from_text(self.public_key))


AT_ONCE = timedelta(seconds=8)
"""After this people are told that Redis does not know of it yet: the worker looks every two seconds."""


class Invitation(models.Model):
    """A code that makes one host this director, once. The code itself is kept nowhere."""

    director = models.OneToOneField(Director, on_delete=models.CASCADE, related_name="invitation")
    public_key = models.CharField(max_length=44)  # the request is signed with the code's key
    password_hash = models.CharField(max_length=64)  # of the Redis user that may ask
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)  # Redis knows its user since
    error = models.CharField(max_length=300, blank=True)  # why no host can use it; "" when one can

    def __str__(self) -> str:
        return f"invitation of {self.director}"

    def open_at(self, now: datetime) -> bool:
        """Whether a host may still use it."""
        return self.used_at is None and now < self.expires_at

    @property
    def is_open(self) -> bool:
        """Whether a host may use it now."""
        return self.open_at(timezone.now())

    @property
    def is_late(self) -> bool:
        """Whether Redis should know of it, and does not: no host can use it."""
        return self.told_at is None and timezone.now() - self.made_at > AT_ONCE


class CutOff(models.Model):
    """A director that was enrolled, and is believed no more. Gone once it is enrolled anew."""

    director = models.OneToOneField(Director, on_delete=models.CASCADE, related_name="cut_off")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    reason = models.CharField(max_length=500, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)  # Redis lets it in no more since

    @property
    def is_late(self) -> bool:
        """Whether Redis should let it in no more, and perhaps does."""
        return self.closed_at is None and timezone.now() - self.at > AT_ONCE

    def __str__(self) -> str:
        return f"{self.director} is cut off"


class ConsoleKey(models.Model):
    """A public key that directors believed: a note for people. What counts is the file."""

    class State(models.TextChoices):
        CURRENT = "current", "signs"
        NEXT = "next", "announced"
        RETIRED = "retired", "retired"

    key_id = models.CharField(max_length=16, unique=True)
    state = models.CharField(max_length=8, choices=State.choices)
    since = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key_id
