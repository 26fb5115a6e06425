"""Telling directors which keys of the console to believe."""

import logging
import time
from datetime import timedelta

from django.utils import timezone

from apps.inventory.models import Director
from apps.jobs.services.send import UNREACHABLE, concerns_one, send_sealed
from apps.telemetry.selectors import FOR_PRESENCE, presences, status_of
from apps.trust.selectors import NotEnrolled, identity_to_seal_for
from apps.trust.services import note_keys
from apps.trust.signing import believed_keys, signer
from lvs.agent.console_keys import seal_keys
from lvs.agent.sealing import key_id, public_key_from_text

logger = logging.getLogger(__name__)

VALID = timedelta(minutes=1)
"""How long an announcement counts: the next one is seconds away."""


def spread_keys() -> int:
    """Announce the keys to every director that is there and believes others; returns to how many.

    Raises SigningKeyError and database errors.
    """
    note_keys()
    ids = sorted(key_id(public_key_from_text(text)) for text in believed_keys())
    enrolled = Director.objects.filter(identity__isnull=False)
    directors = list(enrolled.select_related(*FOR_PRESENCE).order_by("pk"))
    there = presences(directors)
    behind = [d for d in directors if there[d.pk] == "present" and _believes(d) != ids]
    for director in behind:
        try:
            send_sealed(director, _announcement(director), sweep_at=timezone.now() + VALID)
        except NotEnrolled:
            continue  # revoked since we looked
        except UNREACHABLE as error:
            logger.warning("the console's keys are not announced to %s: %s", director.name, error)
            if not concerns_one(error):
                break  # nor would it take the others'
    return len(behind)


def directors_behind(key: str) -> list[Director]:
    """The enrolled directors that did not say that they believe the key (by its id)."""
    enrolled = Director.objects.filter(identity__isnull=False).select_related("status")
    return [director for director in enrolled if key not in _believes(director)]


def _believes(director: Director) -> list[str]:
    status = status_of(director)
    return sorted(status.console_keys) if status else []


def _announcement(director: Director) -> str:
    """Made anew for each: the keys may change while others are sent to, and who believes a set that lacks
    the key which signs now would believe nobody any more."""
    now = time.time()
    key, believed = signer()
    document = {
        "director": str(director.uuid),
        "identity": identity_to_seal_for(director).key_id,
        "serial": int(now),
        "keys": believed,
        "not_before": now,
        "expires": now + VALID.total_seconds(),
    }
    return seal_keys(document, key)
