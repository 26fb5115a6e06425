"""When a director's drift begins, becomes another and ends. Told by its reports, and by what becomes of
the head and of the cluster; called in their transactions."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from apps.audit.services import SYSTEM, record
from apps.changes.drift.difference import Difference, documents_of
from apps.changes.drift.look import Look, look_at
from apps.changes.models import Change, Drift
from apps.changes.signals import drift_began
from apps.inventory.models import Cluster, Director
from apps.telemetry import push

SUMMARY = 300


class Settled(NamedTuple):
    """A director as it is now, its cluster locked, and its open drift."""

    director: Director
    look: Look
    drift: Drift | None


@transaction.atomic
def settle_drift(*, director: Director, seen_at: datetime | None = None) -> Settled:
    """Note whether the director differs from its head now. seen_at: of its report; None = for another
    reason.

    What isn't known, and what a change is just doing to it, leaves the drift as it was.
    """
    director = _with_its_cluster_locked(director.pk)
    said_by = director.name if seen_at else SYSTEM
    at = seen_at or timezone.now()
    drifts = Drift.objects.select_for_update(of=("self",), no_key=True)
    drift = drifts.select_related("head").filter(director=director, ended_at=None).first()
    if drift is not None and drift.cluster_id != director.cluster_id:
        _end(drift, Drift.Ending.LEFT, at, said_by)
        drift = None
    look = look_at(director)
    if look.difference is not None:
        drift = _differs(director, drift, look.difference, at, said_by)
    elif look.state == "same" and drift is not None:
        _end(drift, _ending(drift, director), at, said_by)
        drift = None
    return Settled(director, look, drift)


@transaction.atomic
def settle_drifts(*, cluster: Cluster) -> None:
    """The same for all directors of the cluster, and those that have left it while they drifted."""
    left = Drift.objects.filter(cluster=cluster, ended_at=None).exclude(director__cluster=cluster)
    for drift in left.select_related("director"):
        settle_drift(director=drift.director)
    for director in cluster.directors.order_by("pk"):
        settle_drift(director=director)


def _with_its_cluster_locked(number: int) -> Director:
    """No head and no director comes or goes while the cluster is held. Its id is read before it is locked:
    should the director have moved meanwhile, then once more."""
    while True:
        cluster = Director.objects.values_list("cluster", flat=True).get(pk=number)
        if cluster is not None:
            Cluster.objects.select_for_update(no_key=True).get(pk=cluster)
        found = Director.objects.select_related("status", "cluster__head").get(pk=number)
        if found.cluster_id == cluster:
            return found


def _differs(
    director: Director, drift: Drift | None, difference: Difference, at: datetime, said_by: str
) -> Drift:
    cluster = director.cluster
    assert cluster is not None and cluster.head is not None
    before, after = documents_of(difference)
    if drift is None:
        drift = Drift.objects.create(
            cluster=cluster,
            director=director,
            head=cluster.head,
            digest=difference.digest,
            summary=difference.summary[:SUMMARY],
            since=at,
            moved_at=at,
        )
        _note(drift, "drift.began", said_by, before, after)
        drift_began.send(sender=Drift, director=director, text=difference.summary)
    elif (drift.digest, drift.head_id) != (difference.digest, cluster.head.pk):
        was_ignored = drift.is_ignored
        _update(
            drift,
            head=cluster.head,
            digest=difference.digest,
            summary=difference.summary[:SUMMARY],
            moved_at=at,
            **NOT_IGNORED,
        )
        reason = "It is no longer what was ignored." if was_ignored else ""
        _note(drift, "drift.moved", said_by, before, after, reason)
        if was_ignored:  # what was ignored said nothing of this
            drift_began.send(sender=Drift, director=director, text=difference.summary)
    return drift


NOT_IGNORED: dict[str, Any] = {"ignored_by": None, "ignored_at": None, "ignored_because": ""}


def _ending(drift: Drift, director: Director) -> Drift.Ending:
    """Why the director holds the head again."""
    cluster, answer = director.cluster, drift.answered_by
    assert cluster is not None and cluster.head is not None
    if answer is not None and _verified_by(director, answer):
        if drift.answer == Drift.Answer.REVERT:
            return Drift.Ending.REVERTED
        if answer.revision_id == cluster.head_id:
            return Drift.Ending.ADOPTED
    return Drift.Ending.ITSELF if drift.head_id == cluster.head_id else Drift.Ending.HEAD


def _verified_by(director: Director, change: Change) -> bool:
    """Whether the director carried the change out: one that is partly applied may have left it out."""
    if change.state == Change.State.APPLIED:
        return True
    done = change.runs.filter(director=director, state="verified")
    return change.state == Change.State.PARTIAL and bool(done.exists())


def _end(drift: Drift, ending: Drift.Ending, at: datetime, said_by: str) -> None:
    _update(drift, ended_at=at, ending=ending)
    change = drift.answered_by if ending in (Drift.Ending.REVERTED, Drift.Ending.ADOPTED) else None
    before: dict[str, Any] = {"differed": drift.summary, "since": drift.since}
    after = {"ending": ending.label} | ({"change": change.pk} if change else {})
    _note(drift, "drift.ended", said_by, before, after)


def _update(drift: Drift, **fields: Any) -> None:
    Drift.objects.filter(pk=drift.pk).update(**fields)
    for name, value in fields.items():
        setattr(drift, name, value)


def _note(
    drift: Drift, action: str, said_by: str, before: Any, after: Any, reason: str = ""
) -> None:
    record(
        actor=None,
        actor_name=said_by,
        action=action,
        obj=drift,
        before=before | {"revision": drift.head.number},
        after=after,
        reason=reason,
    )
    announce_drift(drift)


def announce_drift(drift: Drift) -> None:
    """After the commit, all pages that show it: its director's, its cluster's, and the lists."""
    push.announce("directors")
    push.announce(f"cluster.{drift.cluster_id}")
    push.announce("home")
