"""Reading changes: lists, tables, differences, problems."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q, QuerySet

from apps.accounts.models import User
from apps.accounts.policy import require_somewhere, scope_of
from apps.changes.abilities import Ability, ability_of, check_abilities
from apps.changes.models import UNCONFIRMED, Change
from apps.changes.rebase import Merge, merge
from apps.inventory.models import Director, Revision
from apps.inventory.selectors import head_table
from apps.telemetry.models import DirectorStatus
from lvs.canonical_form import make_table
from lvs.documents import scope_from_document, table_from_document
from lvs.model import EMPTY, Scope, Table, VirtualService
from lvs.rules import Problem, check_services, check_table
from lvs.settings import settings_from_document

Person = User | AnonymousUser


class Observed(NamedTuple):
    """What a director was last seen to hold."""

    table: Table
    owned: Scope
    owned_digest: str


def changes(user: Person) -> QuerySet[Change]:
    """The changes of the clusters that the user may see, newest first. Raises PermissionDenied."""
    scope = require_somewhere(user, "view")
    return scope.narrow(Change.objects.select_related("cluster", "author"), "cluster")


def change(user: Person, number: int) -> Change:
    """One change with all that its page needs. Raises Change.DoesNotExist, PermissionDenied."""
    found = changes(user).select_related(
        "cluster__head", "cluster__policy", "base", "revision", "rolls_back_to", "confirmed_by"
    )
    return found.prefetch_related("plans__director", "reviews__reviewer").get(pk=number)


_TABLES = ("table", "base__table", "revision__table", "cluster__head__table")


def change_without_tables(user: Person, number: int) -> Change:
    """One change for parts of its page that are read again and again: its tables, megabytes where
    they are large, are loaded only when asked for. Raises as `change`."""
    found = changes(user).select_related("cluster__head", "base", "revision")
    return found.defer(*_TABLES).get(pk=number)


def waiting_for(user: Person) -> QuerySet[Change]:
    """The changes that this person could review now. Raises PermissionDenied."""
    found = changes(user).filter(state=Change.State.IN_REVIEW).exclude(author_id=user.pk)
    return scope_of(user, "change.review").narrow(found, "cluster")


def unsettled(user: Person) -> QuerySet[Change]:
    """Changes that somebody must still do something about: confirm them, put back what could not be
    taken back, or review what went first."""
    half_back = Q(taken_back_by__state__in=("failed", "partial"), revision=F("cluster__head"))
    return changes(user).filter(UNCONFIRMED | half_back | Q(review_due=True)).defer("table")


def table_of(change: Change) -> Table:
    """The proposed table."""
    return table_from_document(change.table)


def digest_of(change: Change) -> str:
    """The proposed table's digest, also while it is a draft."""
    return change.digest or table_of(change).digest


def base_table(change: Change) -> Table:
    """The table that the change was drafted from; empty when the cluster had none."""
    return table_from_document(change.base.table) if change.base else EMPTY


def merge_of(change: Change, choices: Mapping[str, str] | None = None) -> Merge:
    """What the draft and the head of now changed against its base, together."""
    return merge(base_table(change), head_table(change.cluster), table_of(change), choices)


def problems_of(change: Change, table: Table) -> list[Problem]:
    """What lvs.rules finds in the proposed table, errors and warnings, and what its directors can't do."""
    return [*check_table(table), *check_abilities(table, abilities_of(change))]


def problems_among(others: Sequence[VirtualService], service: VirtualService) -> list[Problem]:
    """Every problem that the service would have beside the others; paths start at the service."""
    index = len(others)
    found = check_services([*others, service])
    return [p._replace(path=p.path[2:]) for p in found if p.path[:2] == ("services", index)]


def directors_of(change: Change) -> QuerySet[Director]:
    """The directors that the change is for, with their status."""
    return change.cluster.directors.select_related("status").order_by("name")


class DirectorSeen(NamedTuple):
    """What a director last said of its kernel, without its services."""

    name: str
    ability: Ability
    settings: Table | None
    """Its timeouts, sync daemons and sysctls; None = it never reported any."""
    interfaces: tuple[str, ...]
    """Those with an address, as far as it has said."""


_SETTINGS = ("timeouts", "sync", "sysctls")


def directors_seen(change: Change) -> list[DirectorSeen]:
    """The directors that the change is for, by name. Leaves their tables in the database."""
    parts = [f"status__observed__{name}" for name in _SETTINGS]
    rows = change.cluster.directors.order_by("name").values_list("name", "status__facts", *parts)
    return [_seen(name, facts or {}, parts) for name, facts, *parts in rows]


def _seen(name: str, facts: dict[str, Any], parts: list[Any]) -> DirectorSeen:
    document = {key: part for key, part in zip(_SETTINGS, parts, strict=True) if part is not None}
    settings = make_table((), *settings_from_document(document)) if document else None
    known = [sysctl.name for sysctl in settings.sysctls] if settings else []
    interfaces = {entry["interface"]: None for entry in facts.get("addresses", ())}
    return DirectorSeen(name, ability_of(name, facts, known), settings, tuple(interfaces))


def abilities_of(change: Change) -> list[Ability]:
    """What is known of the kernels of the directors that the change is for."""
    return [seen.ability for seen in directors_seen(change)]


def observed_of(director: Director) -> Observed | None:
    """What the director's kernel held when it was last read; None when it never reported."""
    status: DirectorStatus | None = getattr(director, "status", None)
    if status is None or status.observed is None:
        return None
    table = table_from_document(status.observed)
    owned = scope_from_document(status.owned)
    return Observed(table, owned, table.only(owned).digest)


def head_moved(change: Change) -> bool:
    """Whether another revision became the head since the draft was opened."""
    return change.cluster.head_id != change.base_id


def was_kept(revision: Revision) -> bool:
    """Whether the change that brought the revision was confirmed, or needed no confirmation."""
    change: Change | None = getattr(revision, "change", None)
    return change is None or not change.confirm_within or change.confirmed_at is not None


def applied_since(change: Change) -> QuerySet[Change]:
    """The changes that became the head since the draft was opened, oldest first, without their tables."""
    number = change.base.number if change.base else 0
    found = Change.objects.filter(
        cluster=change.cluster_id, state=Change.State.APPLIED, revision__number__gt=number
    )
    found = found.select_related("author", "revision").prefetch_related("reviews__reviewer")
    return found.defer("table", "revision__table").order_by("revision__number")


def differs_from_head(change: Change) -> bool:
    """Whether the proposed table is another than the head's."""
    return table_of(change) != head_table(change.cluster)
