"""Writing clusters, directors and revisions."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Max, Q
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import changed, record
from apps.inventory.endpoints import claims_in, keep_claims
from apps.inventory.errors import InventoryError
from apps.inventory.models import Cluster, Director, Revision
from apps.inventory.names import cluster_name, director_name
from apps.inventory.signals import directors_changed, stored
from lvs.documents import Document

FAR = 10_000
"""Revisions that a copy of the database may be behind. Whoever names a higher one lies."""


@transaction.atomic
def create_cluster(
    *, actor: User, name: str, description: str = "", directors: Iterable[Director] = ()
) -> Cluster:
    """A new cluster with its directors. Raises InventoryError when the name is taken or wrong,
    or a director belongs to another cluster."""
    require(actor, "cluster.create")
    cluster = Cluster(name=cluster_name(name), description=description.strip())
    _store(cluster, f"There is a cluster “{cluster.name}” already: choose another name.")
    _assign(cluster, directors)
    record(actor=actor, action="cluster.created", obj=cluster, after=_state(cluster))
    stored.send(sender=Cluster, cluster=cluster)
    return cluster


@transaction.atomic
def edit_cluster(
    *,
    actor: User | None,
    cluster: Cluster,
    name: str,
    description: str = "",
    directors: Iterable[Director] | None = None,
) -> Cluster:
    """Rename, describe, and say which directors belong to it; None: those that do. Touches no kernel:
    what a new director should hold reaches it with the next change. actor None: from the command line.

    What waits for review becomes stale when the directors are others. Raises InventoryError: the name
    is taken or wrong, a director belongs elsewhere, a change is being applied to the directors.
    """
    if actor is not None:
        require(actor, "cluster.edit", cluster)
    directors = None if directors is None else list(directors)
    _lock(cluster, directors or ())
    cluster = Cluster.objects.select_for_update(no_key=True).get(pk=cluster.pk)
    before = _state(cluster)
    cluster.name, cluster.description = cluster_name(name), description.strip()
    taken = f"There is a cluster “{cluster.name}” already: choose another name."
    _store(cluster, taken, ("name", "description"))
    if directors is not None:
        _assign(cluster, directors)
    old, new = changed(before, _state(cluster))
    if new:
        record(actor=actor, action="cluster.edited", obj=cluster, before=old, after=new)
        stored.send(sender=Cluster, cluster=cluster)
    if "directors" in new:
        directors_changed.send(sender=Cluster, cluster=cluster)
    return cluster


def _lock(cluster: Cluster, directors: Iterable[Director]) -> None:
    """Its directors and these, before the cluster: as all lock them who need both, so that nobody waits in
    a ring."""
    ours = Q(cluster=cluster) | Q(pk__in=[director.pk for director in directors])
    locked = Director.objects.select_for_update(no_key=True).filter(ours).order_by("pk")
    list(locked.values_list("pk"))


@transaction.atomic
def add_director(*, actor: User | None, name: str) -> Director:
    """A director that the console will know. actor None: from the command line.

    Raises InventoryError when the name is taken or wrong.
    """
    if actor is not None:
        require(actor, "director.manage")
    director = Director(name=director_name(name))
    _store(director, f"There is a director “{director.name}” already: choose another name.")
    after = {"name": director.name, "uuid": str(director.uuid)}
    record(actor=actor, action="director.added", obj=director, after=after)
    stored.send(sender=Director, director=director)
    return director


@transaction.atomic
def rename_director(*, actor: User, director: Director, name: str) -> Director:
    """Give the director another name. Raises InventoryError when it is taken or wrong."""
    require(actor, "director.manage", director)
    director = Director.objects.select_for_update(no_key=True).get(pk=director.pk)
    before, director.name = director.name, director_name(name)
    if before == director.name:
        return director
    taken = f"There is a director “{director.name}” already: choose another name."
    _store(director, taken, ("name",))
    record(
        actor=actor,
        action="director.renamed",
        obj=director,
        before={"name": before},
        after={"name": director.name},
    )
    stored.send(sender=Director, director=director)
    return director


@transaction.atomic
def create_revision(*, cluster: Cluster, table: Document, digest: str, above: int = 0) -> Revision:
    """The next revision of the cluster, not yet applied. The change that makes it is its record.

    above: a number that it must be higher than, unless that is higher by far than any that we know.
    """
    Cluster.objects.select_for_update(no_key=True).get(
        pk=cluster.pk
    )  # numbers are given one at a time
    newest = cluster.revisions.aggregate(newest=Max("number"))["newest"] or 0
    if newest < above <= newest + FAR:
        newest = above
    return Revision.objects.create(cluster=cluster, number=newest + 1, table=table, digest=digest)


@transaction.atomic
def mark_applied(*, revision: Revision, change_number: int | None = None) -> None:
    """Every director has verified it: it is the cluster's head now. change_number: what brought it."""
    now = timezone.now()
    Revision.objects.filter(pk=revision.pk).update(applied_at=now)
    Cluster.objects.filter(pk=revision.cluster_id).update(head=revision)
    cluster = revision.cluster
    keep_claims(cluster.endpoints, claims_in(revision.table), cluster=cluster)
    revision.applied_at = now
    record(
        actor=None,
        action="revision.applied",
        obj=revision,
        after={"number": revision.number, "digest": revision.digest},
        change_number=change_number,
    )


def _state(cluster: Cluster) -> dict[str, Any]:
    names = cluster.directors.order_by("name").values_list("name", flat=True)
    return {
        "name": cluster.name,
        "description": cluster.description,
        "directors": list(names),
    }


def _store(obj: models.Model, taken: str, fields: tuple[str, ...] | None = None) -> None:
    """Save it, or only these fields. Raises InventoryError: a field is wrong, or the name taken."""
    try:
        obj.clean_fields()
        with transaction.atomic():
            obj.save(update_fields=fields)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InventoryError(" ".join(messages), field) from None
    except IntegrityError:
        raise InventoryError(taken, "name") from None


def _assign(cluster: Cluster, directors: Iterable[Director]) -> None:
    """Make these, and no others, the cluster's directors."""
    wanted = {director.pk for director in directors}
    concerned = Director.objects.filter(Q(pk__in=wanted) | Q(cluster=cluster)).order_by("pk")
    for director in concerned.select_for_update(no_key=True):  # by number: no deadlock
        if director.cluster_id not in (None, cluster.pk):
            raise InventoryError(
                f"{director.name} belongs to cluster {director.cluster}: take it out there first.",
                "directors",
            )
    Director.objects.filter(pk__in=wanted).update(cluster=cluster)
    Director.objects.filter(cluster=cluster).exclude(pk__in=wanted).update(cluster=None)
