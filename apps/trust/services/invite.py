"""Inviting a host to become a director, and cutting a director off."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import record
from apps.inventory.models import Director
from apps.trust import signing
from apps.trust.models import CutOff, Identity, Invitation
from lvs.agent.invitation import Invitation as Code
from lvs.agent.invitation import password_hash
from lvs.agent.sealing import public_key_to_text
from lvsconsole.nudge import KEEP_ACCESS, nudge_after_commit

VALID = timedelta(hours=1)
"""How long a host may use an invitation."""


@transaction.atomic
def invite_director(*, actor: User | None, director: Director) -> str:
    """The code with which one host becomes this director: shown once, kept nowhere. One before it counts no
    more; a host that is this director already stays so until the code is used. actor None: from the
    command line.

    Raises PermissionDenied, SigningKeyError.
    """
    if actor is not None:
        require(actor, "director.manage", director)
    code = Code.make(str(director.uuid), signing.public_key_text(), settings.DIRECTOR_REDIS_URL)
    Director.objects.select_for_update(no_key=True).get(pk=director.pk)
    expires = timezone.now() + VALID
    Invitation.objects.update_or_create(
        director=director,
        defaults={
            "public_key": public_key_to_text(code.key.public_key()),
            "password_hash": password_hash(code.password),
            "made_by": actor,
            "made_at": timezone.now(),
            "expires_at": expires,
            "used_at": None,
            "told_at": None,
            "error": "",
        },
    )
    record(
        actor=actor,
        action="director.invited",
        obj=director,
        after={"until": expires.isoformat(timespec="seconds")},
    )
    nudge_after_commit(KEEP_ACCESS)
    return code.code


@transaction.atomic
def withdraw_invitations(*, reason: str) -> list[str]:
    """End all that nobody used, each with its record; the names of the directors whose host might have."""
    waiting = Invitation.objects.select_for_update(of=("self",)).filter(used_at=None)
    ended = list(waiting.select_related("director").order_by("director__name"))
    now = timezone.now()
    for invitation in ended:
        invitation.delete()
        record(
            actor=None,
            action="director.invitation_withdrawn",
            obj=invitation.director,
            reason=reason,
        )
    return [invitation.director.name for invitation in ended if invitation.open_at(now)]


@transaction.atomic
def withdraw_invitation(*, actor: User, director: Director) -> bool:
    """No host can use it any more; who is this director stays so. False: none was open. Raises
    PermissionDenied."""
    require(actor, "director.manage", director)
    Director.objects.select_for_update(no_key=True).get(pk=director.pk)
    return _withdraw(actor, director)


def _withdraw(actor: User, director: Director) -> bool:
    invitation = Invitation.objects.filter(director=director, used_at=None).first()
    if invitation is None:
        return False
    invitation.delete()
    record(actor=actor, action="director.invitation_withdrawn", obj=director)
    nudge_after_commit(KEEP_ACCESS)
    return True


@transaction.atomic
def revoke_director(*, actor: User, director: Director, reason: str = "") -> bool:
    """Believe this director no more: what it reports is refused from this moment on, it gets no orders, and
    its Redis user goes within a moment. Its kernel keeps balancing as it is. An open invitation goes too.

    False: it was not enrolled. Raises PermissionDenied.
    """
    require(actor, "director.manage", director)
    Director.objects.select_for_update(no_key=True).get(pk=director.pk)
    identity = Identity.objects.filter(director=director).first()
    if identity is None:
        return False
    _withdraw(actor, director)
    identity.delete()
    Invitation.objects.filter(director=director).delete()  # a used one: its host may not ask again
    CutOff.objects.create(director=director, by=actor, reason=reason.strip()[:500])
    record(
        actor=actor,
        action="director.revoked",
        obj=director,
        before={"identity": identity.key_id, "hostname": identity.hostname},
        reason=reason.strip(),
    )
    nudge_after_commit(KEEP_ACCESS)
    return True
