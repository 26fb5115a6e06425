"""Answering hosts that were invited: the console's worker looks for them at each beat."""

import logging
from typing import Any, NamedTuple

import redis
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from apps.audit.services import record
from apps.inventory.models import Director
from apps.inventory.signals import stored
from apps.trust import signing
from apps.trust.models import CutOff, Identity, Invitation
from apps.trust.services.access import allow
from apps.trust.services.refusals import note_refusal
from apps.trust.signals import enrolled
from lvs.agent.invitation import ANSWERED, ASK_FIELDS, ASKED, SCHEMA
from lvs.agent.sealing import (
    EnvelopeRefused,
    key_id,
    open_body,
    public_key_from_text,
    seal_body,
)
from lvs.agent.streams import enrolled_key, enrolments_stream
from lvsconsole.redis_client import connect

logger = logging.getLogger(__name__)

ANSWER_KEPT = 120
"""Seconds that an answer waits in Redis for its host."""
LONGEST = 4096
"""Bytes of a request at most."""
_HEX = set("0123456789abcdef")


class Request(NamedTuple):
    """What a host asks for, proven by its invitation."""

    public_key: str
    password_hash: str
    hostname: str

    @property
    def key_id(self) -> str:
        """How the console will call the host's key."""
        return key_id(public_key_from_text(self.public_key))


def answer_enrolments() -> int:
    """Enrol the hosts that ask with an invitation; returns how many were answered.

    Two workers may do this side by side. A host that asks again gets the same answer again. Raises database
    errors only.
    """
    found = Invitation.objects.select_related("director").order_by("pk")
    waiting = [one for one in found if one.is_open or one.used_at]
    if not waiting:
        return 0
    try:
        with connect(timeout=2.0) as client:
            return sum(_answer_by_itself(client, invitation) for invitation in waiting)
    except (redis.RedisError, signing.SigningKeyError) as error:
        logger.warning("invited hosts are not answered yet: %s", error)
        return 0


def _answer_by_itself(client: "redis.Redis", invitation: Invitation) -> int:
    """One host that asks for something odd keeps no other."""
    try:
        return _answer_all(client, invitation)
    except (redis.RedisError, signing.SigningKeyError, OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("a request to become %s can't be answered", invitation.director)
        return 0


def _answer_all(client: "redis.Redis", invitation: Invitation) -> int:
    stream = enrolments_stream(str(invitation.director.uuid))
    entries: Any = client.xrange(stream, count=20)
    for entry_id, fields in entries:
        try:
            request = _request(invitation, fields.get(b"m", b""))
            if request is not None:
                error = _take(invitation, request)
                if error:
                    _note_refusal(invitation, error)
                _answer(client, invitation.director, request, error)
        finally:
            client.xdel(stream, entry_id)  # the host asks again
    return len(entries)


def _request(invitation: Invitation, text: bytes) -> Request | None:
    """None when the text is nothing that this invitation's host says."""
    key = public_key_from_text(invitation.public_key)
    try:
        if len(text) > LONGEST:
            raise EnvelopeRefused("it is too long")
        _, asked = open_body(text.decode(), {key_id(key): key}, {ASKED: ASK_FIELDS})
        public_key_from_text(asked["key"])
    except (EnvelopeRefused, ValueError) as error:
        _note_refusal(invitation, str(error))
        return None
    wrong = asked["director"] != str(invitation.director.uuid)
    if wrong or len(asked["password_hash"]) != 64 or set(asked["password_hash"]) - _HEX:
        _note_refusal(invitation, "it asks for something that can't be")
        return None
    return Request(asked["key"], asked["password_hash"], _hostname(asked["hostname"]))


def _hostname(text: str) -> str:
    """As hosts are called: nothing else is kept."""
    return text.encode("ascii", "replace").decode().replace("\0", "?")[:253]


def _note_refusal(invitation: Invitation, reason: str) -> None:
    logger.warning("a request to become %s is refused: %s", invitation.director, reason)
    note_refusal(
        obj=invitation.director,
        action="director.enrolment_refused",
        reason=f"A request to become {invitation.director} was refused: {reason}",
    )


@transaction.atomic
def _take(invitation: Invitation, request: Request) -> str:
    """Enrol the host; why not, or "". The first that asks is taken, and only that one."""
    director = Director.objects.select_for_update(no_key=True).get(pk=invitation.director_id)
    now = timezone.now()
    asked = invitation.public_key
    found = Invitation.objects.select_for_update().filter(pk=invitation.pk, public_key=asked)
    current = found.first()
    if current is None:
        return "The invitation was withdrawn, or replaced by a newer one."
    invitation = current
    known = Identity.objects.filter(director=director).first()
    if invitation.used_at is not None:
        same = known is not None and (known.public_key, known.password_hash) == request[:2]
        return "" if same else "The invitation was used already: make a new one."
    if not invitation.open_at(now):
        return "The invitation is too old: make a new one."
    before = {"identity": known.key_id, "hostname": known.hostname} if known else None
    if known is not None:
        known.delete()
    CutOff.objects.filter(director=director).delete()
    identity = Identity.objects.create(
        director=director,
        public_key=request.public_key,
        password_hash=request.password_hash,
        hostname=request.hostname,
    )
    invitation.used_at = now
    invitation.save(update_fields=["used_at"])
    record(
        actor=None,
        actor_name=director.name,
        action="director.enrolled",
        obj=director,
        before=before,
        after={"identity": identity.key_id, "hostname": identity.hostname},
    )
    enrolled.send(sender=Director, director=director)
    stored.send(sender=Director, director=director)
    return ""


def _answer(client: "redis.Redis", director: Director, request: Request, error: str) -> None:
    if not error:  # first the user, then the answer: the host tries it at once
        allow(client, director)
    signer = signing.signer()
    answer = {
        "schema": SCHEMA,
        "director": str(director.uuid),
        "identity": request.key_id,
        "name": director.name,
        "console_keys": signer.believed,
        "error": error,
    }
    sealed = seal_body(ANSWERED, answer, signer.key)
    client.set(enrolled_key(str(director.uuid)), sealed, ex=ANSWER_KEPT)
