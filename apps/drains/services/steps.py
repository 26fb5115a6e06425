"""The steps of a drain that people and the clock share."""

from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.changes.models import Change
from apps.changes.services import withdraw_with
from apps.changes.services.withdraw import BEFORE_IT_GOES
from apps.drains.edits import Wish, remove, set_weight
from apps.drains.errors import DrainError
from apps.drains.models import Drain
from apps.inventory.models import Cluster
from apps.telemetry import push

S = Drain.State
OPEN = (S.ASKED, S.DRAINING, S.REMOVING, S.UNDOING)


def locked(drain: Drain) -> Drain:
    """The drain as it is now, locked, and its cluster before it: as everywhere."""
    Cluster.objects.select_for_update(no_key=True).get(pk=drain.cluster_id)
    drains = Drain.objects.select_for_update(of=("self",), no_key=True)
    return drains.select_related("cluster__head", "change", "asked_by").get(pk=drain.pk)


def announce(drain: Drain) -> None:
    """Tell the pages that show it."""
    push.announce(f"cluster.{drain.cluster_id}")


def move(actor: User | None, drain: Drain, to: Drain.State, note: str = "", **fields: Any) -> Drain:
    """Bring a locked drain into another state, with its record."""
    before = drain.state
    fields |= {"state": to, "note": note[:300]}
    if to not in OPEN:
        fields["ended_at"] = timezone.now()
    Drain.objects.filter(pk=drain.pk).update(**fields)
    for name, value in fields.items():
        setattr(drain, name, value)
    record(
        actor=actor,
        action=f"drain.{to}",
        obj=drain,
        before={"state": before},
        after={"state": to, "counts": drain.counts} | ({"note": note} if note else {}),
        reason=drain.reason,
        change_number=drain.change_id,
    )
    announce(drain)
    return drain


def finish(actor: User | None, drain: Drain, how: Drain.Then) -> Drain:
    """Do with a locked drain what was chosen; actor None: by itself, in the name of who asked for it.

    Raises DrainError and ChangeErrors.
    """
    who = actor or drain.asked_by
    if how == Drain.Then.KEEP:
        return move(actor, drain, S.KEPT)
    if how == Drain.Then.REMOVE:
        change = remove(
            _wish(actor, who, drain), drain, f"Remove {drain.server}, drained from {drain.key}"
        )
        return move(actor, drain, S.REMOVING, change=change)
    if drain.state == S.ASKED:
        return _give_up(who, drain)
    if drain.change.state == Change.State.APPLYING:
        raise DrainError(f"Change #{drain.change_id} is being applied: wait until it ends.")
    if drain.state == S.REMOVING and drain.change.state in BEFORE_IT_GOES:
        withdraw_with(actor=who, change=drain.change, what=str(drain))
    return move(actor, drain, S.UNDOING, change=_undoing(_wish(actor, who, drain), drain))


def undo_again(drain: Drain, actor: User | None = None) -> Drain:
    """The change that undoes a (locked) drain became stale: the same once more, on the head of now.

    actor None: by itself, in the name of its author.
    """
    wish = _wish(actor, actor or drain.change.author, drain)
    return move(actor, drain, S.UNDOING, change=_undoing(wish, drain))


def _wish(actor: User | None, who: User, drain: Drain) -> Wish:
    """The change is in the name of `who`; one that nobody asked for in this moment says so."""
    by_itself = f"By itself, for the drain that {drain.asked_by.display_name} asked for."
    return Wish(who, drain.reason if actor else f"{drain.reason}\n{by_itself}")


def _undoing(wish: Wish, drain: Drain) -> Change:
    title = f"Undo the drain of {drain.server} from {drain.key}"
    return set_weight(wish, drain, drain.weight_before, title, allow_empty=True)


def _give_up(who: User, drain: Drain) -> Drain:
    """Before its weight is 0: withdraw the change that would make it so."""
    if drain.change.state not in BEFORE_IT_GOES:
        raise DrainError(f"Change #{drain.change_id} is being applied: wait until it ends.")
    withdraw_with(actor=who, change=drain.change, what=str(drain))
    return move(who, drain, S.NOT_BEGUN, note="It was given up before it began.")
