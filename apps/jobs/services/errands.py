"""Everything that writes errands: asking, sending, the answer, and forgetting them."""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.policy import Act, require
from apps.audit.services import record
from apps.inventory.models import Director
from apps.jobs.models import PATIENCE, Errand
from apps.jobs.services.send import UNREACHABLE, concerns_one, send_sealed
from apps.telemetry import push
from apps.trust.selectors import NotEnrolled, identity_to_seal_for
from apps.trust.signing import SigningKeyError, signing_key
from lvs.agent.errand import Errand as SealedErrand
from lvs.agent.errand import seal_errand
from lvsconsole.nudge import DELIVER_ERRANDS, nudge_after_commit

logger = logging.getLogger(__name__)

KEPT = timedelta(hours=12)
"""Answers name clients: they are not kept for long."""

_RIGHTS: dict[str, Act] = {
    Errand.Kind.CONNECTIONS: "director.ask",
    Errand.Kind.DOCTOR: "director.ask",
    Errand.Kind.SCRIPT: "director.ask",
    Errand.Kind.ZERO: "director.zero",
}


@transaction.atomic
def ask_director(
    *, actor: User, director: Director, kind: Errand.Kind, arguments: dict[str, Any] | None = None
) -> Errand:
    """Ask one director. The answer comes later, or the errand is lost. Raises PermissionDenied."""
    require(actor, _RIGHTS[kind], director)
    errand = Errand.objects.create(
        director=director,
        cluster_id=director.cluster_id,
        kind=kind,
        arguments=arguments or {},
        asked_by=actor,
        deadline=timezone.now() + PATIENCE,
    )
    record(
        actor=actor,
        action=f"director.{kind}_asked",
        obj=director,
        after={"errand": errand.pk, **_recorded(errand)},
        change_number=errand.arguments.get("change"),
    )
    nudge_after_commit(DELIVER_ERRANDS)
    return errand


def _recorded(errand: Errand) -> dict[str, Any]:
    """Its arguments for the audit log, without a whole table."""
    shown = {name: value for name, value in errand.arguments.items() if name != "table"}
    if errand.kind == Errand.Kind.ZERO and shown.get("service") is None:
        shown["service"] = "all that are ours"
    return shown


def deliver_errands() -> int:
    """Send every errand that waits to be sent; returns how many were. Raises database errors only.

    Two workers may do this side by side: an errand is claimed by its `sent_at`.
    """
    now, sent = timezone.now(), 0
    waiting = Errand.objects.filter(state=Errand.State.WAITING, sent_at=None, deadline__gt=now)
    for errand in waiting.select_related("director").order_by("pk"):
        if not Errand.objects.filter(pk=errand.pk, sent_at=None).update(sent_at=now):
            continue
        try:
            _send(errand)
            sent += 1
        except (SigningKeyError, NotEnrolled) as error:
            end_errand(errand, Errand.State.FAILED, error=f"It could not be sent: {error}")
        except UNREACHABLE as error:
            logger.warning("errand %s is not sent yet: %s", errand.pk, error)
            Errand.objects.filter(pk=errand.pk).update(sent_at=None)
            if not concerns_one(error):
                break  # nor would it take the others'
    return sent


def _send(errand: Errand) -> None:
    sealed = SealedErrand(
        director=str(errand.director.uuid),
        identity=identity_to_seal_for(errand.director).key_id,
        errand=errand.pk,
        kind=errand.kind,
        arguments=errand.arguments,
        not_before=errand.asked_at.timestamp(),
        expires=errand.deadline.timestamp(),
    )
    text = seal_errand(sealed, signing_key())
    send_sealed(errand.director, text, sweep_at=errand.deadline)


@transaction.atomic
def store_errand_answered(*, director: Director, message: dict[str, Any]) -> None:
    """What the director says to an errand of its own that still waits; anything else is passed over."""
    waiting = Errand.objects.select_for_update(of=("self",)).select_related("director")
    errand = waiting.filter(
        pk=min(message["errand"], 2**63 - 1), director=director, state=Errand.State.WAITING
    ).first()
    if errand is None:
        logger.warning("%s answers errand %s, which doesn't wait", director, message["errand"])
        return
    state = Errand.State.FAILED if message["error"] else Errand.State.ANSWERED
    end_errand(errand, state, error=message["error"], answer=message["answer"])


def note_errands_refused(director: Director, reason: str) -> None:
    """It refused something that may have been one of those which wait for its answer: their pages say so. An
    answer may come all the same, as the refusal may be of something else."""
    waiting = Errand.objects.filter(director=director, state=Errand.State.WAITING)
    waiting = waiting.exclude(sent_at=None).exclude(error=reason)
    for number in list(waiting.order_by("pk").values_list("pk", flat=True)):
        Errand.objects.filter(pk=number, state=Errand.State.WAITING).update(error=reason)
        push.announce(f"errand.{number}")


@transaction.atomic
def end_errand(
    errand: Errand, state: Errand.State, *, error: str = "", answer: dict[str, Any] | None = None
) -> None:
    """Give an errand its end, and tell who waits for it. What an act came to is recorded."""
    errand.state, errand.error, errand.answer = state, error[:500], answer or {}
    errand.ended_at = timezone.now()
    errand.save(update_fields=["state", "error", "answer", "ended_at"])
    if errand.kind == Errand.Kind.ZERO:
        record(
            actor=None,
            actor_name=errand.director.name,
            action=f"director.zero_{state}",
            obj=errand.director,
            after={"errand": errand.pk, "error": errand.error, **_recorded(errand)},
        )
    push.announce(f"errand.{errand.pk}")


def reap_errands() -> int:
    """End those that got no answer in time, and forget old ones; returns how many ended."""
    now = timezone.now()
    late = Errand.objects.filter(
        state=Errand.State.WAITING, deadline__lt=now - timedelta(seconds=1)
    )
    ended = sum(_lose(errand_id) for errand_id in list(late.values_list("pk", flat=True)))
    Errand.objects.filter(asked_at__lt=now - KEPT).exclude(state=Errand.State.WAITING).delete()
    return ended


@transaction.atomic
def _lose(errand_id: int) -> bool:
    waiting = Errand.objects.select_for_update(of=("self",)).select_related("director")
    errand = waiting.filter(pk=errand_id, state=Errand.State.WAITING).first()
    if errand is None:
        return False
    end_errand(errand, Errand.State.LOST, error=errand.silence)
    return True
