"""Drains, asked for as pages do, and what happens around them."""

from django.utils import timezone

from apps.changes.models import Change
from apps.drains.counting import Counts, Reading
from apps.drains.models import Drain
from apps.drains.services import start_drain
from apps.drains.services.watch import IDLE_FOR
from apps.inventory.selectors import head_table
from tests.applying import verified
from tests.factories import WEB1, make_service

SERVICE = make_service()


def drain(actor, cluster, then="remove", server=WEB1, **wanted):
    asked = {"then": Drain.Then(then), "reason": "New disk"} | wanted
    return start_drain(
        actor=actor,
        cluster=cluster,
        service=SERVICE.key,
        address=server.address,
        port=server.port,
        **asked,
    )


def now(drain):
    return Drain.objects.get(pk=drain.pk)


def settle(drain):
    """Its change of now is carried out by every director."""
    verified(Change.objects.get(pk=now(drain).change_id))


def counted(monkeypatch, *counts):
    """What is connected to the real server from here on, counted at each look; nothing = not known."""

    def reading_of(drain):
        return Reading(Counts(*counts), timezone.now()) if counts else None

    monkeypatch.setattr("apps.drains.services.watch.reading_of", reading_of)


def idle_long_enough(drain):
    Drain.objects.filter(pk=drain.pk).update(idle_since=timezone.now() - IDLE_FOR)


def weights(cluster):
    cluster.refresh_from_db()
    return {str(s): s.weight for s in head_table(cluster).by_key()[SERVICE.key].real_servers}
