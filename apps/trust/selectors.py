"""Whom the console believes."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from apps.inventory.models import Director
from apps.trust.models import Identity, Invitation
from lvs.agent.sealing import public_key_from_text


class NotEnrolled(Exception):
    """The director has no key: nothing it says is believed, and nothing is sent to it."""

    def __init__(self, director: Director) -> None:
        super().__init__(
            f"{director.name} is not enrolled: invite its host on the director's page."
        )


def identity_of(director: Director) -> Identity:
    """What the director proves itself with. Uses `select_related("identity")`. Raises NotEnrolled."""
    return _known(getattr(director, "identity", None), director)


def identity_now(director: Director) -> Identity | None:
    """The same, asked anew; None: it is not enrolled."""
    return Identity.objects.filter(director=director).first()


def identity_to_seal_for(director: Director) -> Identity:
    """The same for what is sent to it: whoever was revoked a moment ago gets nothing. Raises NotEnrolled."""
    return _known(identity_now(director), director)


def _known(identity: Identity | None, director: Director) -> Identity:
    if identity is None:
        raise NotEnrolled(director)
    return identity


def key_held(director: Director) -> Ed25519PublicKey | None:
    """The key that its reports are signed with, asked anew; None: it is not enrolled. Until the end of this
    transaction it stays so: whoever cuts the director off, or enrols it anew, waits."""
    identity = Identity.objects.select_for_update().filter(director=director).first()
    return None if identity is None else public_key_from_text(identity.public_key)


def open_invitation(director: Director) -> Invitation | None:
    """The invitation that a host may use now to become the director."""
    found = Invitation.objects.filter(director=director).select_related("made_by").first()
    return found if found and found.is_open else None
