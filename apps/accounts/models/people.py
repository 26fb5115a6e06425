"""People, the roles they hold, and what an administrator says of roles."""

from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from collections.abc import Collection

    from apps.accounts.models.token import ApiToken
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

    token: "ApiToken | None" = None
    """With which a program acts for them now: it narrows what they may. None = they themselves."""

    @property
    def audit_name(self) -> str:
        """The name that a record of their act keeps: `olga`, or `olga (token deploy)`."""
        return str(self.token) if self.token else self.username

    @property
    def display_name(self) -> str:
        """Full name where there is one, else the login name."""
        return self.get_full_name() or self.username

    @cached_property
    def _held(self) -> tuple[tuple[str, int | None, bool], ...]:
        """Role, cluster, and whether the role asks for a second factor. One query."""
        return tuple(_with_what_they_ask(self.grants.all()).values_list(*_HELD))

    @staticmethod
    def read_roles(people: "Collection[User]") -> None:
        """Let all these people know what they hold, with one query instead of one for each."""
        held: dict[int, list[tuple[str, int | None, bool]]] = {user.pk: [] for user in people}
        grants = _with_what_they_ask(RoleGrant.objects.filter(user__in=held))
        for number, *grant in grants.values_list("user_id", *_HELD):
            held[number].append((grant[0], grant[1], grant[2]))
        for user in people:
            user.__dict__["_held"] = tuple(held[user.pk])

    @cached_property
    def held_roles(self) -> tuple[tuple[str, int | None], ...]:
        """Each role with the cluster (its id) that it is held in, None = everywhere. Read once."""
        return tuple((role, cluster) for role, cluster, _ in self._held)

    @cached_property
    def lacks_second_factor(self) -> bool:
        """Whether a role of theirs asks for a second factor, and there is none. Read once."""
        return any(asks for _, _, asks in self._held) and not self.has_second_factor()

    def has_second_factor(self) -> bool:
        """Whether they sign in with more than a password: an authenticator app or a security key.

        Who comes by single sign-on alone has one where LVS_OIDC_TRUSTS_SECOND_FACTOR says that the
        provider asks for it; who has a password here as well could come without.
        """
        from allauth.mfa.models import Authenticator
        from allauth.socialaccount.models import SocialAccount

        kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
        if Authenticator.objects.filter(user_id=self.pk, type__in=kinds).exists():
            return True
        if not settings.OIDC_TRUSTS_SECOND_FACTOR or self.has_usable_password():
            return False
        linked = SocialAccount.objects.filter(user_id=self.pk, provider=settings.OIDC_ISSUER)
        return bool(settings.OIDC_ISSUER) and linked.exists()

    def forget(self) -> None:
        """What the object remembers of roles and factors is no longer so."""
        for name in ("_held", "held_roles", "lacks_second_factor"):
            self.__dict__.pop(name, None)

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


_HELD = ("role", "cluster_id", "asks")


def _with_what_they_ask(grants: "models.QuerySet[RoleGrant]") -> "models.QuerySet[RoleGrant]":
    asking = RoleSetting.objects.filter(role=OuterRef("role"), second_factor=True)
    return grants.annotate(asks=Exists(asking)).order_by("id")


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


class RoleSetting(models.Model):
    """What an administrator says of a role. A role without a row has none of it."""

    role = models.CharField(max_length=12, choices=Role.choices, unique=True)
    second_factor = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in Role]),
                name="setting_of_one_of_our_roles",
            ),
        ]

    def __str__(self) -> str:
        return f"role {self.role}"


class GroupMapping(models.Model):
    """Whom single sign-on names in this group holds this role, everywhere or in one cluster."""

    group = models.CharField(max_length=200)
    role = models.CharField(max_length=12, choices=Role.choices)
    cluster = models.ForeignKey(
        "inventory.Cluster", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )  # None = everywhere

    class Meta:
        ordering = ("group", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "role", "cluster"],
                condition=Q(cluster__isnull=False),
                name="group_role_once_in_a_cluster",
            ),
            models.UniqueConstraint(
                fields=["group", "role"],
                condition=Q(cluster__isnull=True),
                name="group_role_once_everywhere",
            ),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in Role]),
                name="group_to_one_of_our_roles",
            ),
        ]

    def __str__(self) -> str:
        where = f"in {self.cluster.name}" if self.cluster else "everywhere"
        return f"group {self.group} is {self.role} {where}"
