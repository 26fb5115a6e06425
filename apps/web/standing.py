"""Whether a director is enrolled, invited or neither, for its pages."""

from typing import NamedTuple

from apps.inventory.models import Director
from apps.trust.models import Identity, Invitation
from apps.trust.selectors import identity_now, open_invitation
from apps.trust.signing import SigningKeyError, public_key_text


class Standing(NamedTuple):
    """What the console believes of a director."""

    identity: Identity | None
    """What it proves itself with; None = it is not enrolled."""
    invitation: Invitation | None
    """Open now."""
    problem: str
    """Why nobody can be invited; "" where one can."""


def standing_of(director: Director) -> Standing:
    """How the director stands now."""
    try:
        public_key_text()
        problem = ""
    except SigningKeyError as error:
        problem = str(error)
    return Standing(identity_now(director), open_invitation(director), problem)
