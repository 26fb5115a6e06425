"""People, and the roles they hold."""

from functools import cached_property
from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from apps.accounts.policy import Scope


class Role(models.TextChoices):
    """What somebody is to the console. `apps/accounts/policy.py` says what each may do."""

    VIEWER = "viewer", "viewer"
    OPERATOR = "operator", "operator"
    APPROVER = "approver", "approver"
    AUDITOR = "auditor", "auditor"
    EMERGENCY = "emergency", "emergency"
    ADMIN = "admin", "admin"


class User(AbstractUser):
    """Someone who signs in. Our own class from the first day, so that it can grow fields."""

    @property
    def display_name(self) -> str:
        """Full name where there is one, else the login name."""
        return self.get_full_name() or self.username

    @cached_property
    def held_roles(self) -> tuple[tuple[str, int | None], ...]:
        """Each role with the cluster (its id) that it is held in, None = everywhere. Read once."""
        return tuple((grant.role, grant.cluster_id) for grant in self.grants.all())

    @property
    def audit_scope(self) -> "Scope":
        """Where the person may read the audit log, whose app stands below the policy."""
        from apps.accounts.policy import scope_of

        return scope_of(self, "audit.view")

    @property
    def audit_export_scope(self) -> "Scope":
        """Where the person may export the audit log."""
        from apps.accounts.policy import scope_of

        return scope_of(self, "audit.export")


class RoleGrant(models.Model):
    """A role that somebody holds, everywhere or in one cluster."""

    class Source(models.TextChoices):
        MANUAL = "manual", "given by an administrator"
        SSO = "sso", "from single sign-on"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=12, choices=Role.choices)
    # By its name: clusters stand in an app above this one.
    cluster = models.ForeignKey(
        "inventory.Cluster", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )  # None = everywhere
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.MANUAL)
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "cluster", "source"],
                condition=Q(cluster__isnull=False),
                name="role_once_in_a_cluster",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "source"],
                condition=Q(cluster__isnull=True),
                name="role_once_everywhere",
            ),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in Role]), name="role_is_one_of_ours"
            ),
        ]

    def __str__(self) -> str:
        where = f"in {self.cluster.name}" if self.cluster else "everywhere"
        return f"{self.role} {where}"

    @property
    def cluster_scope(self) -> int | None:
        """The cluster that the role is held in: who manages people there may give and take it."""
        return self.cluster_id
