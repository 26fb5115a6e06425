"""Reading drift: of one director with all that differs, and of many at a glance."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.accounts.policy import require, require_somewhere
from apps.changes.drift.difference import Difference
from apps.changes.drift.look import look_at
from apps.changes.models import Change, Drift
from apps.inventory.models import Director
from apps.telemetry.selectors import status_of

DriftState = Literal["free", "unknown", "applying", "none", "drifting", "ignored"]


class DriftSeen(NamedTuple):
    """Whether a director drifts, and in what."""

    state: DriftState
    why: str
    """What keeps it from being known; "" where it is known."""
    director: Director
    difference: Difference | None
    drift: Drift | None
    """The one that is open; while the state is unknown or applying, that of before."""
    observed_at: datetime | None
    """When the kernel was read."""
    half_applied: Change | None
    """The change that the director verified while others of its cluster did not."""


class OpenDrift(NamedTuple):
    """A drift in a list."""

    drift: Drift
    state: DriftState


def drift_of(user: User, director: Director) -> DriftSeen:
    """Whether the director drifts now. Raises PermissionDenied."""
    require(user, "view", director)
    director = Director.objects.select_related("status", "cluster__head").get(pk=director.pk)
    look, drift = look_at(director), _open(director)
    status = status_of(director)
    return DriftSeen(
        _state(look.state, drift, look.difference),
        look.why,
        director,
        look.difference,
        drift,
        status.observed_at if status else None,
        _half_applied(director) if look.state == "differs" else None,
    )


def _open(director: Director) -> Drift | None:
    found = Drift.objects.filter(director=director, ended_at=None)
    found = found.select_related("head", "ignored_by", "answered_by")
    return found.defer("head__table", "answered_by__table").first()


def _state(look: str, drift: Drift | None, difference: Difference | None) -> DriftState:
    if look == "same":
        return "none"
    if look == "free":
        return "free"
    if look == "unknown":
        return "unknown"
    if look == "applying":
        return "applying"
    meant = drift is not None and difference is not None and drift.digest == difference.digest
    return "ignored" if drift is not None and meant and drift.is_ignored else "drifting"


def _half_applied(director: Director) -> Change | None:
    cluster = director.cluster
    assert cluster is not None and cluster.head is not None
    if director.status.revision <= cluster.head.number:
        return None
    ended = cluster.changes.filter(state__in=(Change.State.PARTIAL, Change.State.FAILED))
    return ended.filter(revision__number=director.status.revision).defer("table").first()


def open_drifts(user: User, directors: Iterable[Director]) -> dict[int, OpenDrift]:
    """Those of the directors that drift, by their id, in two queries. Raises PermissionDenied."""
    scope = require_somewhere(user, "view")
    found = Drift.objects.filter(ended_at=None, director__in=list(directors))
    found = found.select_related("head", "ignored_by", "director", "cluster")
    drifts = list(scope.narrow(found, "cluster").defer("head__table").order_by("director__name"))
    applying = Change.objects.filter(state=Change.State.APPLYING)
    busy = set(applying.values_list("cluster", flat=True)) if drifts else set()
    return {drift.director_id: OpenDrift(drift, _listed(drift, busy)) for drift in drifts}


def _listed(drift: Drift, busy: set[int]) -> DriftState:
    if drift.cluster_id in busy:
        return "applying"
    return "ignored" if drift.is_ignored else "drifting"


def past_drifts(user: User, director: Director) -> QuerySet[Drift]:
    """The director's drifts that have ended, newest first, of the clusters that the user may see: it may have
    been in others. Raises PermissionDenied."""
    require(user, "view", director)
    scope = require_somewhere(user, "view")
    ended = Drift.objects.filter(director=director, ended_at__isnull=False)
    ended = scope.narrow(ended, "cluster")
    ended = ended.select_related("head", "ignored_by", "answered_by")
    return ended.defer("head__table", "answered_by__table")
