"""Reading clusters, directors and revisions."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.accounts.policy import require, require_somewhere, scope_of
from apps.inventory.models import Cluster, Director, Revision
from lvs.canonical_form import make_table
from lvs.documents import table_from_document
from lvs.model import EMPTY, Table
from lvs.settings import settings_from_document

Person = User | AnonymousUser


def clusters(user: Person) -> QuerySet[Cluster]:
    """The clusters that the user may see, by name, with head and directors. Raises PermissionDenied."""
    scope = require_somewhere(user, "view")
    found = Cluster.objects.select_related("head").prefetch_related("directors")
    return scope.narrow(found, "pk")


def cluster(user: Person, name: str) -> Cluster:
    """One cluster. Raises Cluster.DoesNotExist, PermissionDenied."""
    return clusters(user).get(name=name)


def cluster_numbered(user: Person, number: int) -> Cluster:
    """One cluster by its id, which outlives a new name; its head without the table, until it is asked
    for. Raises Cluster.DoesNotExist, PermissionDenied."""
    return clusters(user).defer("head__table").get(pk=number)


def directors(user: Person) -> QuerySet[Director]:
    """The directors that the user may see, by name, with their cluster; those of no cluster are for
    whoever sees everything. Raises PermissionDenied."""
    scope = require_somewhere(user, "view")
    return scope.narrow(Director.objects.select_related("cluster"), "cluster")


def director(user: Person, uuid: UUID | str) -> Director:
    """One director. Raises Director.DoesNotExist, PermissionDenied."""
    return directors(user).get(uuid=uuid)


def free_directors(user: Person) -> QuerySet[Director]:
    """The directors that belong to no cluster yet, for those who may take them into one.

    Raises PermissionDenied.
    """
    require_somewhere(user, "view")
    free = Director.objects.filter(cluster=None)
    return free if scope_of(user, "cluster.edit") else free.none()


def revisions(user: Person, cluster: Cluster) -> QuerySet[Revision]:
    """The revisions of a cluster, newest first. Raises PermissionDenied."""
    require(user, "view", cluster)
    return cluster.revisions.all()


def head_table(cluster: Cluster) -> Table:
    """What every director of the cluster should hold; empty before the first revision."""
    return table_from_document(cluster.head.table) if cluster.head else EMPTY


def head_settings(cluster: Cluster) -> Table:
    """The same without its services: what every director's settings should be, where they are decided."""
    return make_table((), *settings_from_document(cluster.head.table)) if cluster.head else EMPTY
