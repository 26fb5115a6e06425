"""What a person wants to be told by e-mail."""

from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import changed, record
from apps.inventory.models import Cluster
from apps.notify.audience import reach_of
from apps.notify.errors import NotifyError
from apps.notify.events import EVENTS, TEST
from apps.notify.models import Choices, Delivery, Event, Reach


@transaction.atomic
def set_choices(
    *, actor: User, reach: Mapping[str, str], clusters: Collection[Cluster] = ()
) -> Choices:
    """Say of which events one wants an e-mail: none, those of all clusters, or of the chosen ones.

    Events that are not named keep what was chosen for them. Raises NotifyError for an event or a reach
    that there isn't, and where none of the clusters is chosen that an answer needs; PermissionDenied.
    """
    for cluster in clusters:
        require(actor, "view", cluster)
    for kind, wanted in reach.items():
        if kind not in EVENTS or wanted not in Reach.values:
            raise NotifyError("There is no such choice.", kind)
    if Reach.CHOSEN in reach.values() and not clusters:
        raise NotifyError("Choose at least one cluster, or all of them above.", "clusters")
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # one at a time
    choices, _ = Choices.objects.get_or_create(user=actor)
    before = _state(choices)
    choices.reach = choices.reach | dict(reach)
    choices.save(update_fields=["reach"])
    choices.clusters.set(clusters)
    old, new = changed(before, _state(choices))
    if new:
        record(actor=actor, action="mails.chosen", obj=choices, before=old, after=new)
    return choices


@transaction.atomic
def ask_test_mail(*, actor: User) -> Delivery:
    """Send oneself an e-mail that says that it is a test. Raises NotifyError where none can be sent."""
    if not settings.EMAIL_HOST:
        raise NotifyError("E-mail is not set up on this console.")
    if not actor.email:
        raise NotifyError("Give an address first.", "email")
    now = timezone.now()
    facts = {"cluster": "", "by": actor.display_name, "detail": ""}
    event = Event.objects.create(kind=TEST, at=now, facts=facts)
    delivery = Delivery.objects.create(event=event, user=actor, next_send=now)
    record(actor=actor, action="mails.tested", obj=actor, after={"e-mail": actor.email})
    return delivery


def _state(choices: Choices) -> dict[str, Any]:
    state: dict[str, Any] = {EVENTS[kind].label: reach_of(choices, kind) for kind in EVENTS}
    state["clusters"] = list(choices.clusters.order_by("name").values_list("name", flat=True))
    return state
