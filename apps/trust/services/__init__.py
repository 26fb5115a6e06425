"""Everything that writes whom the console believes."""

from apps.trust.services.access import keep_access
from apps.trust.services.enrol import answer_enrolments
from apps.trust.services.invite import (
    invite_director,
    revoke_director,
    withdraw_invitation,
    withdraw_invitations,
)
from apps.trust.services.keys import note_keys
from apps.trust.services.refusals import note_refusal

__all__ = [
    "answer_enrolments",
    "invite_director",
    "keep_access",
    "note_keys",
    "note_refusal",
    "revoke_director",
    "withdraw_invitation",
    "withdraw_invitations",
]
