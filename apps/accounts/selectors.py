"""Reading people and their roles."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from apps.accounts.models import RoleGrant, User
from apps.accounts.policy import can, require_somewhere


def roles_of(user: User) -> list[str]:
    """The user's roles in words, `admin everywhere`, `operator in web`; those held everywhere first.

    Uses `prefetch_related("grants__cluster")`.
    """
    grants = sorted(user.grants.all(), key=lambda g: (g.cluster_id is not None, g.pk))
    return list(dict.fromkeys(str(grant) for grant in grants))


def people(user: User | AnonymousUser) -> QuerySet[User]:
    """Everybody with an account, by name. Raises PermissionDenied unless the user manages people
    somewhere: who does so in one cluster must find those who could get a role there."""
    require_somewhere(user, "people.manage")
    return User.objects.prefetch_related("grants__cluster").order_by("username")


def person(user: User | AnonymousUser, number: int) -> User:
    """One account by its id. Raises User.DoesNotExist, PermissionDenied."""
    return people(user).get(pk=number)


def grant(user: User | AnonymousUser, number: int) -> RoleGrant:
    """One grant by its id. Raises RoleGrant.DoesNotExist, PermissionDenied."""
    scope = require_somewhere(user, "people.manage")
    grants = RoleGrant.objects.select_related("user", "cluster")
    return scope.narrow(grants, "cluster").get(pk=number)


def holders(role: str, cluster_id: int) -> QuerySet[User]:
    """Who holds the role in this cluster (or everywhere) and may sign in, by name. For the console's own
    use: it asks nobody's right."""
    held = Q(grants__role=role) & (
        Q(grants__cluster_id=cluster_id) | Q(grants__cluster__isnull=True)
    )
    return User.objects.filter(held, is_active=True).distinct().order_by("username")


def may_change_account(user: User | AnonymousUser) -> bool:
    """Whether the user may switch accounts off and set passwords: that concerns every cluster."""
    return can(user, "people.manage")
