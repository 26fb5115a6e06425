"""What people ask: begin a drain, undo it, or end it before nobody is connected."""

from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import record
from apps.changes.models import Change
from apps.drains.edits import Wish, server_in, service_in_head, set_weight
from apps.drains.errors import DrainError
from apps.drains.models import Drain
from apps.drains.services.steps import OPEN, announce, finish, locked, undo_again
from apps.inventory.models import Cluster
from lvs.documents import key_to_document
from lvs.model import ServiceKey

S = Drain.State


@transaction.atomic
def start_drain(
    *,
    actor: User,
    cluster: Cluster,
    service: ServiceKey,
    address: str,
    port: int,
    then: Drain.Then,
    reason: str,
    minutes: int | None = None,
    at_deadline: Drain.Then = Drain.Then.KEEP,
    allow_empty: bool = False,
) -> Drain:
    """Take a real server out of service: a change gives it weight 0, approved as the policy says.

    then: once nobody is connected; minutes: from weight 0 on, after which `at_deadline` happens instead,
    None = as long as it takes; allow_empty: yes, it is the last usable one. Raises DrainError,
    ChangeError, PermissionDenied.
    """
    require(actor, "change.submit", cluster)
    if not reason.strip():
        raise DrainError("Say why: reviewers and the audit log need a reason.")
    if minutes is not None and not 1 <= minutes <= LONGEST:
        raise DrainError(f"From 1 to {LONGEST} minutes.")
    # Locked before its head is read: else another change may end in between.
    Cluster.objects.select_for_update(no_key=True).get(pk=cluster.pk)
    cluster = Cluster.objects.select_related("head").get(pk=cluster.pk)
    server = server_in(service_in_head(cluster, service), address, port)
    if server.weight == 0:
        raise DrainError(f"{server} has weight 0 already.")
    drain = Drain(
        cluster=cluster,
        service=key_to_document(service),
        address=address,
        port=port,
        weight_before=server.weight,
        asked_by=actor,
        reason=reason.strip(),
        then=then,
        minutes=minutes,
        at_deadline=at_deadline,
    )
    title = f"Drain {server} from {service}"
    wish = Wish(actor, drain.reason)
    drain.change = set_weight(wish, drain, 0, title, allow_empty=allow_empty)
    try:
        with transaction.atomic():
            drain.save()
    except IntegrityError:
        raise DrainError(f"{server} is being drained already.") from None
    after = {"then": then, "minutes": minutes, "at_deadline": at_deadline}
    record(
        actor=actor,
        action="drain.asked",
        obj=drain,
        after=after,
        reason=drain.reason,
        change_number=drain.change_id,
    )
    announce(drain)
    return drain


LONGEST = 7 * 24 * 60
"""Minutes of the longest deadline."""


@transaction.atomic
def undo_drain(*, actor: User, drain: Drain) -> Drain:
    """Give the real server its weight back, at any moment; before its change has begun that is withdrawn.

    Where the change that undoes it became stale, and its author can't make it anew, whoever may submit
    changes can. Raises DrainError, ChangeError, PermissionDenied.
    """
    require(actor, "change.submit", drain.cluster)
    drain = _open(drain)
    if drain.state == S.UNDOING:
        if drain.change.state == Change.State.STALE:
            return undo_again(drain, actor)
        raise DrainError(f"It is being undone already, by change #{drain.change_id}.")
    return finish(actor, drain, Drain.Then.UNDO)


@transaction.atomic
def end_early(*, actor: User, drain: Drain, how: Drain.Then) -> Drain:
    """Remove the real server, or keep it at weight 0, although somebody is connected still.

    Raises DrainError, ChangeError, PermissionDenied.
    """
    require(actor, "change.submit", drain.cluster)
    drain = _open(drain)
    if drain.state != S.DRAINING:
        raise DrainError(f"It is {drain.get_state_display()}: wait until its weight is 0.")
    return finish(actor, drain, how)


def _open(drain: Drain) -> Drain:
    drain = locked(drain)
    if drain.state not in OPEN:
        raise DrainError(f"This drain has ended: {drain.get_state_display()}.")
    return drain
