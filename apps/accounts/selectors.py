"""Reading people and their roles."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.accounts.policy import ROLES, require


def role_of(user: User) -> str:
    """The user's role; "" for somebody who has none. Uses prefetched groups."""
    names = {group.name for group in user.groups.all()}
    return next((role for role in reversed(ROLES) if role in names), "")


def people(user: User | AnonymousUser) -> QuerySet[User]:
    """Everybody with an account, by name. Raises PermissionDenied unless the user manages people."""
    require(user, "people.manage")
    return User.objects.prefetch_related("groups").order_by("username")


def person(user: User | AnonymousUser, number: int) -> User:
    """One account by its id. Raises User.DoesNotExist, PermissionDenied."""
    return people(user).get(pk=number)
