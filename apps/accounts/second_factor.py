"""Showing a second factor: at the door, and again before something delicate."""

import json
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as webauthn
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from apps.accounts import lockout, services
from apps.accounts.errors import AccountError
from apps.accounts.models import User
from apps.accounts.services.people import locked

WRONG_KEY = "The security key was not accepted. Try again."
_NO_ANSWER = (ValidationError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What libraries raise over something that is no answer of a key."""


def ask_key(user: User) -> str:
    """What the browser must give to a security key of the user, as JSON; "" when they have none."""
    if not Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists():
        return ""
    return json.dumps(webauthn.begin_authentication(user))


def ask_new_key(user: User) -> str:
    """What the browser must give to a key that is to become the user's, as JSON."""
    return json.dumps(webauthn.begin_registration(user, False))


def new_key(credential: str) -> dict[str, Any]:
    """The browser's answer to `ask_new_key`, verified. Raises AccountError."""
    try:
        if "\\u" in credential:  # it is stored as it is, and PostgreSQL holds no null character
            raise ValueError("browsers escape nothing in it")
        parsed: dict[str, Any] = json.loads(credential)
        webauthn.parse_registration_response(parsed)
        webauthn.complete_registration(parsed)
    except _NO_ANSWER:
        raise AccountError("The security key could not be added. Try again.", "name") from None
    return parsed


def accept(request: HttpRequest, user: User, *, code: str = "", credential: str = "") -> str:
    """Take a code, or a key's answer, as shown by the user in this session; which kind of factor it was.

    Raises AccountError. Too many wrong ones lock the account's second factor for a while.
    """
    factor = _counted(request, user, code, credential)
    record_authentication(request, user, "mfa", id=factor.pk, type=factor.type)
    return str(factor.type)


def _counted(request: HttpRequest, user: User, code: str, credential: str) -> Authenticator:
    """The factor that was shown. One try at a time: else many at once would all find that another is allowed.

    Raises AccountError, once the wrong try is stored.
    """
    with transaction.atomic():
        locked(user)
        if not lockout.codes_allowed(request, user):
            raise AccountError("Too many wrong codes.", "code")
        try:
            factor = services.use_code(actor=user, code=code) if code else _key(user, credential)
        except AccountError as wrong:
            lockout.code_failed(request, user)
            refused = wrong
        else:
            lockout.forgive_codes(user)
            return factor
    raise refused


def _key(user: User, credential: str) -> Authenticator:
    """The user's key that gave this answer to `ask_key`. Raises AccountError."""
    try:
        parsed = json.loads(credential)
        webauthn.parse_authentication_response(parsed)
        factor = webauthn.complete_authentication(user, parsed)
        return services.use_security_key(actor=user, number=factor.pk)
    except (*_NO_ANSWER, Authenticator.DoesNotExist):  # removed in this very moment
        raise AccountError(WRONG_KEY, "code") from None
