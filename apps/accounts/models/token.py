"""Tokens with which programs act for somebody."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.accounts.models.people import Role, User

NAME_LENGTH = 40


class ApiToken(models.Model):
    """What a program shows to act for its owner: with this role at most, here at most, until then at most.

    The token itself is shown once and not kept: only what it begins with, to find it, and its hash.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=NAME_LENGTH)
    role = models.CharField(max_length=12, choices=Role.choices)
    # By its name: clusters stand in an app above this one.
    cluster = models.ForeignKey(
        "inventory.Cluster", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # None = everywhere
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)  # SHA-256 of the whole token, in hex
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)  # to the minute
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                condition=Q(revoked_at__isnull=True),
                name="token_name_once_a_person",
            ),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in Role]),
                name="token_of_one_of_our_roles",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="a_token_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user.username} (token {self.name})"

    @property
    def cluster_scope(self) -> int | None:
        """The cluster that it is for: who manages people there may revoke it."""
        return self.cluster_id

    @property
    def where(self) -> str:
        """The role and its place in words: `operator in web`."""
        return f"{self.role} in {self.cluster.name}" if self.cluster else f"{self.role} everywhere"

    @property
    def state(self) -> str:
        """`valid`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= timezone.now() else "valid"
