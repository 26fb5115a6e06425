"""What the pages of clusters and of home show, gathered with few queries."""

import json
from typing import Any, NamedTuple

from django.db.models import Count, Q

from apps.accounts.policy import can
from apps.changes import selectors as changes
from apps.changes.drift.selectors import OpenDrift, open_drifts
from apps.drains import selectors as drains
from apps.inventory import selectors as inventory
from apps.inventory.models import Cluster, Director
from apps.telemetry.selectors import (
    FOR_PRESENCE,
    LARGE,
    UNENROLLED,
    Presence,
    disobeying,
    presences,
    status_of,
)
from apps.trust.models import CutOff
from apps.web.words import DISOBEYS_HELP, PRESENCE_HELP
from lvs.diff_settings import setting_texts
from lvs.documents import scope_from_document, table_from_document
from lvs.model import VirtualService

SERVICES_SHOWN = 100
OPEN = ("draft", "in_review", "approved", "applying", "stale")


class DirectorRow(NamedTuple):
    """A director with what is known of it."""

    director: Director
    presence: Presence
    help: str
    status: Any
    drift: OpenDrift | None
    cut_off: CutOff | None
    disobeys: bool
    """It refuses every order: it does not believe this console's key."""

    @property
    def enrolled(self) -> bool:
        """Whether it is believed, and gets orders."""
        return self.presence not in UNENROLLED

    @property
    def problem(self) -> str:
        """Why it can't read its kernel; "" of one that is not believed: it may say that no more."""
        said = self.status.problem if self.status and self.enrolled else ""
        return f"It said last: {said}" if said and self.presence != "present" else said

    @property
    def trouble(self) -> str:
        """What a list says of it first; "" where nothing is known to be wrong."""
        return " ".join(filter(None, (DISOBEYS_HELP if self.disobeys else "", self.problem)))


class ClusterRow(NamedTuple):
    """A cluster in a list."""

    cluster: Cluster
    services: int
    servers: int
    open_changes: int
    directors: list[DirectorRow]


def director_rows(user: Any, directors: Any) -> list[DirectorRow]:
    """Presence and drift of directors, for a queryset of them."""
    large = (*LARGE, "cluster__head__table")
    related = ("cluster__head", "cut_off__by", *FOR_PRESENCE)
    found = list(directors.select_related(*related).defer(*large))
    there, drifts, disobey = presences(found), open_drifts(user, found), disobeying(found)
    return [
        DirectorRow(
            director,
            there[director.pk],
            PRESENCE_HELP[there[director.pk]],
            status_of(director),
            drifts.get(director.pk),
            getattr(director, "cut_off", None),
            director.pk in disobey,
        )
        for director in found
    ]


def overview(user: Any) -> list[ClusterRow]:
    """All clusters, in a fixed number of queries."""
    clusters = inventory.clusters(user).select_related("head")
    clusters = clusters.annotate(
        open_count=Count("changes", filter=Q(changes__state__in=OPEN), distinct=True)
    )
    by_cluster: dict[int, list[DirectorRow]] = {}
    for row in director_rows(user, inventory.directors(user).filter(cluster__isnull=False)):
        by_cluster.setdefault(row.director.cluster_id or 0, []).append(row)
    return [_row(cluster, by_cluster.get(cluster.pk, [])) for cluster in clusters]


def _row(cluster: Any, directors: list[DirectorRow]) -> ClusterRow:
    services = cluster.head.table["services"] if cluster.head else []
    servers = sum(len(service["real_servers"]) for service in services)
    return ClusterRow(cluster, len(services), servers, cluster.open_count, directors)


def head_of(user: Any, cluster: Cluster, query: str = "") -> dict[str, Any]:
    """What the head of the live page needs."""
    return {
        "cluster": cluster,
        "director_count": cluster.directors.count(),
        "drains": list(drains.open_drains(user, cluster)),
        "to_look_at": list(changes.unsettled(user).filter(cluster=cluster)),
        "may_propose": can(user, "change.edit", cluster),
        "may_edit_cluster": can(user, "cluster.edit", cluster),
    }


def directors_of(user: Any, cluster: Cluster, query: str = "") -> dict[str, Any]:
    """What the list of directors needs. Every open page reads it each three seconds."""
    return {"cluster": cluster, "directors": director_rows(user, cluster.directors.all())}


def settings_of(user: Any, cluster: Cluster, query: str = "") -> dict[str, Any]:
    """What the head decides beside its services."""
    return {"cluster": cluster, "settings": setting_texts(inventory.head_settings(cluster))}


def changes_of(user: Any, cluster: Cluster, query: str = "") -> dict[str, Any]:
    """What the lists of changes need."""
    own = changes.changes(user).filter(cluster=cluster).select_related("author", "revision")
    own = own.defer("table", "revision__table")
    return {
        "cluster": cluster,
        "open_changes": list(own.filter(state__in=OPEN)),
        "history": list(own.exclude(state__in=OPEN)[:8]),
    }


def services_of(user: Any, cluster: Cluster, query: str = "") -> dict[str, Any]:
    """What the services need; those in whose text, or in a real server's, the query stands."""
    services = inventory.head_table(cluster).services
    matching = [
        s for s in services if query in str(s) or any(query in str(r) for r in s.real_servers)
    ]
    context = {
        "services": matching[:SERVICES_SHOWN],
        "hidden_services": max(0, len(matching) - SERVICES_SHOWN),
        "many": len(services) > 8,
        "query": query,
        "may_drain": can(user, "change.submit", cluster),
        "all_services": json.dumps([str(service) for service in services]),
    }
    if not services:  # the page then says what to do first
        context |= head_of(user, cluster) | changes_of(user, cluster)
    return {"cluster": cluster} | context


def page_of(user: Any, cluster: Cluster, query: str = "") -> dict[str, Any]:
    """All that the live page needs."""
    context: dict[str, Any] = {}
    for part in (head_of, directors_of, settings_of, changes_of, services_of):
        context |= part(user, cluster, query)
    return context


def own_services(status: Any) -> list[VirtualService]:
    """The services in a director's kernel that are ours, as last observed."""
    if status is None or not status.observed:
        return []
    return list(
        table_from_document(status.observed).only(scope_from_document(status.owned)).services
    )


def foreign_services(status: Any) -> list[str]:
    """Services in a director's kernel that we do not own, as last observed."""
    if status is None or not status.observed:
        return []
    owned = scope_from_document(status.owned)
    table = table_from_document(status.observed)
    return [str(service) for service in table.services if service.key not in owned.services]
