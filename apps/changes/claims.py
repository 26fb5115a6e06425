"""Asking what other clusters claim of the services of a change; and nobody else's turn meanwhile."""

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import AnonymousUser

from apps.accounts.models import User
from apps.accounts.policy import scope_of
from apps.changes.elsewhere import Known, Rival, Setting, problems_elsewhere
from apps.changes.errors import NotAllowed
from apps.changes.models import Change, ClaimsLock, ProposedEndpoint
from apps.changes.networks import Reach, reach_of
from apps.inventory.endpoints import Claim, rows_at
from apps.inventory.models import ClaimedEndpoint, Cluster, Director
from lvs.model import VirtualService
from lvs.rules import Problem, errors_in

Person = User | AnonymousUser
S = Change.State

_MAY_NEVER_BE = frozenset({S.DRAFT.value, S.FAILED.value})
AT_APPROVAL = _MAY_NEVER_BE | {S.IN_REVIEW.value}
"""States of others' changes that don't stop an approval: of those in review the first one gets it."""
_OVER = (S.REJECTED, S.WITHDRAWN, S.STALE)
"""Changes that reach no kernel as they are. What others claim stands in the index while it counts."""


def claimed_elsewhere(
    user: Person,
    cluster: Cluster,
    services: Sequence[VirtualService],
    tolerated: Iterable[str] = _MAY_NEVER_BE,
) -> list[Problem]:
    """What is wrong with these services of the cluster because other clusters claim them; names others
    as far as the person may see them. tolerated: states of others' changes that only warn."""
    rivals = _rivals(cluster, services)
    if not rivals:
        return []
    others = Cluster.objects.in_bulk({rival.cluster for rival in rivals})
    reaches = _reaches({cluster.pk, *others})
    visible = scope_of(user, "view")
    known = {
        pk: Known(other.name if pk in visible else "", reaches[pk]) for pk, other in others.items()
    }
    held = frozenset(
        Claim(*row) for row in rows_at(cluster.endpoints.all(), {s.address for s in services})
    )
    setting = Setting(reaches[cluster.pk], known, held, frozenset(tolerated))
    return problems_elsewhere(services, rivals, setting)


def take_turn() -> None:
    """Until the transaction ends nobody else submits or approves: what is found to be free stays so.

    Take it after the cluster's lock (`states.locked`), and lock no other cluster behind it.
    """
    ClaimsLock.objects.select_for_update(no_key=True).get_or_create(pk=1)


def refuse_claimed(actor: User, change: Change, services: Sequence[VirtualService]) -> None:
    """At an approval: raises NotAllowed where another cluster has one of the services, or an approved
    change of it has. Takes the turn."""
    take_turn()
    errors = errors_in(claimed_elsewhere(actor, change.cluster, services, AT_APPROVAL))
    if errors:
        more = f" There are {len(errors) - 1} more like this." if len(errors) > 1 else ""
        raise NotAllowed(errors[0].message + more)


def _rivals(cluster: Cluster, services: Sequence[VirtualService]) -> list[Rival]:
    """Changes first: one whose table becomes a head in between is then seen as either, never as none."""
    addresses = {service.address for service in services if service.address}
    # By address alone, and the changes by themselves: a join of both takes a hundred times as long.
    rows = list(rows_at(ProposedEndpoint.objects.all(), addresses, "change_id"))
    live = _live_changes({row[3] for row in rows}, cluster)
    changes = [Rival(Claim(*row[:3]), *live[row[3]]) for row in rows if row[3] in live]
    heads = ClaimedEndpoint.objects.exclude(cluster=cluster)
    found = [Rival(Claim(*row[:3]), row[3]) for row in rows_at(heads, addresses, "cluster_id")]
    return found + changes


def _live_changes(numbers: Iterable[int], cluster: Cluster) -> dict[int, tuple[int, int, str]]:
    """Of these changes those of other clusters that count: cluster, number and state, by their number."""
    found = Change.objects.filter(pk__in=list(numbers)).exclude(state__in=_OVER)
    rows = found.exclude(cluster=cluster).values_list("cluster_id", "pk", "state")
    return {row[1]: row for row in rows}


def _reaches(clusters: Iterable[int]) -> dict[int, Reach]:
    """Where the directors of each of these clusters are."""
    told: dict[int, list[tuple[str, object]]] = {pk: [] for pk in clusters}
    directors = Director.objects.filter(cluster__in=told).order_by("name")
    rows = directors.values_list("cluster_id", "name", "status__facts__addresses")
    for pk, name, addresses in rows:
        told[pk].append((name, addresses))
    return {pk: reach_of(directors) for pk, directors in told.items()}
