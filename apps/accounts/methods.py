"""How somebody showed who they are, in words: for the audit log and the list of sessions."""

from collections.abc import Iterable, Mapping
from typing import Any

from allauth.account.authentication import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
)
from django.http import HttpRequest

from apps.accounts.models import User

PASSWORD, SIGN_ON = "password", "single sign-on"
FACTORS = {
    "totp": "authenticator app",
    "webauthn": "security key",
    "recovery_codes": "recovery code",
}
SESSION_KEY = AUTHENTICATION_METHODS_SESSION_KEY


def shown_by(request: HttpRequest, user: User) -> list[str]:
    """The ways in which the user has shown who they are in the session of this request."""
    return in_words(get_authentication_records(request, user))


def in_words(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Each way once, in its order."""
    return list(dict.fromkeys(_word(record) for record in records))


def _word(record: Mapping[str, Any]) -> str:
    match record.get("method"):
        case "password":
            return PASSWORD
        case "socialaccount":
            return SIGN_ON
        case _:
            return FACTORS.get(str(record.get("type")), "another way")
