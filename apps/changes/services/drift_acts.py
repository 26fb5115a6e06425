"""What people do about a drift: adopt it, put the director back, or say that it is meant."""

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.policy import Act, require
from apps.audit.services import record
from apps.changes.drift.difference import Difference
from apps.changes.errors import Conflict, Invalid, NotAllowed
from apps.changes.models import Change, Drift
from apps.changes.services.drift import NOT_IGNORED, announce_drift, settle_drift
from apps.changes.services.imports import open_imported
from apps.changes.services.rollback import open_rollback
from apps.inventory.models import Director
from lvs.rules import Problem


@transaction.atomic
def adopt_drift(*, actor: User, director: Director, digest: str, reason: str) -> Change:
    """A draft that makes the head of what the director holds: the head, with what drifted put in.

    digest: of the difference that the person was shown. It goes the way of every change. Raises
    PermissionDenied, Invalid without a reason, Conflict when it is another by now, NotAllowed.
    """
    drift, difference = _as_shown(actor, "drift.adopt", director, digest)
    reason = _given(reason)
    change = open_imported(
        actor=actor,
        cluster=drift.cluster,
        title=f"Adopt what {drift.director} holds",
        table=difference.held,
        source=f"drift of {drift.director}",
        replace=True,
        reason=reason,
    )
    _answered(actor, drift, Drift.Answer.ADOPT, change)
    return change


@transaction.atomic
def open_revert(*, actor: User, director: Director, digest: str, reason: str) -> Change:
    """A draft that holds the head's table again, for this director to be put back to.

    Raises as `adopt_drift`.
    """
    drift, _ = _as_shown(actor, "drift.revert", director, digest)
    reason = _given(reason)
    title = f"Put {drift.director} back to revision {drift.head.number}"
    change = open_rollback(actor=actor, revision=drift.head, title=title, reason=reason)
    _answered(actor, drift, Drift.Answer.REVERT, change)
    return change


@transaction.atomic
def ignore_drift(*, actor: User, director: Director, digest: str, reason: str) -> Drift:
    """Say that this difference, and no other, from this head, and no other, is meant.

    Raises as `adopt_drift`.
    """
    drift, _ = _as_shown(actor, "drift.ignore", director, digest)
    reason = _given(reason)
    if drift.is_ignored:
        assert drift.ignored_by is not None  # a constraint says so
        raise NotAllowed(f"{drift.ignored_by.display_name} ignored this difference already.")
    fields = {"ignored_by": actor, "ignored_at": timezone.now(), "ignored_because": reason}
    Drift.objects.filter(pk=drift.pk).update(**fields)
    for name, value in fields.items():
        setattr(drift, name, value)
    record(
        actor=actor,
        action="drift.ignored",
        obj=drift,
        before={"ignored": False},
        after={"ignored": True, "revision": drift.head.number, "difference": drift.summary},
        reason=reason,
    )
    announce_drift(drift)
    return drift


@transaction.atomic
def heed_drift(*, actor: User, director: Director) -> Drift:
    """Take back that a difference is ignored. Raises NotAllowed when none is, PermissionDenied."""
    director, _, drift = settle_drift(director=director)
    require(actor, "drift.ignore", director)
    if drift is None or not drift.is_ignored:
        raise NotAllowed(f"No difference of {director} is ignored.")
    because = drift.ignored_because
    Drift.objects.filter(pk=drift.pk).update(**NOT_IGNORED)
    for name, value in NOT_IGNORED.items():
        setattr(drift, name, value)
    record(
        actor=actor,
        action="drift.heeded",
        obj=drift,
        before={"ignored": True, "because": because},
        after={"ignored": False},
    )
    announce_drift(drift)
    return drift


def _given(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        message = "Say why: your colleagues and the audit log need a reason."
        raise Invalid([Problem(("reason",), "reason.missing", message)])
    return reason


def _as_shown(actor: User, act: Act, director: Director, digest: str) -> tuple[Drift, Difference]:
    """The drift as it is now, its cluster locked. Raises Conflict when it isn't what was shown, NotAllowed
    where none is known, PermissionDenied."""
    director, look, drift = settle_drift(director=director)
    require(actor, act, director)
    if look.state in ("applying", "unknown", "free"):
        raise NotAllowed(f"{look.why} Nothing was done.")
    if drift is None or look.difference is None:
        raise Conflict(f"{director} holds what the head says by now. Nothing was done.")
    if look.difference.shown != digest:
        raise Conflict(
            f"{director} holds something else than you were shown: look at the difference as it is "
            "now. Nothing was done."
        )
    return drift, look.difference


def _answered(actor: User, drift: Drift, answer: Drift.Answer, change: Change) -> None:
    Drift.objects.filter(pk=drift.pk).update(answer=answer, answered_by=change)
    record(
        actor=actor,
        action=f"drift.{answer}",
        obj=drift,
        after={"change": change.pk, "revision": drift.head.number, "difference": drift.summary},
        reason=change.reason,
        change_number=change.pk,
    )
    announce_drift(drift)
