"""Reading drains."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.accounts.policy import require_somewhere
from apps.drains.models import Drain
from apps.inventory.models import Cluster

Person = User | AnonymousUser


def drains(user: Person) -> QuerySet[Drain]:
    """The drains in clusters that the user may see, newest first. Raises PermissionDenied."""
    scope = require_somewhere(user, "view")
    found = Drain.objects.select_related("cluster", "asked_by", "change").defer("change__table")
    return scope.narrow(found, "cluster")


def drain(user: Person, number: int) -> Drain:
    """One drain. Raises Drain.DoesNotExist, PermissionDenied."""
    return drains(user).get(pk=number)


def open_drains(user: Person, cluster: Cluster) -> QuerySet[Drain]:
    """Those of a cluster that have not ended. Raises PermissionDenied."""
    return drains(user).filter(cluster=cluster, ended_at=None)
