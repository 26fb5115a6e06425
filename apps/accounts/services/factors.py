"""Writing second factors: authenticator apps, security keys, recovery codes."""

import logging
from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal.auth import WebAuthn, parse_registration_response
from cryptography.fernet import InvalidToken
from django.db import transaction

from apps.accounts.errors import AccountError
from apps.accounts.methods import FACTORS
from apps.accounts.models import RoleSetting, User
from apps.accounts.policy import require
from apps.accounts.services.people import locked
from apps.accounts.services.sessions import end_sessions
from apps.accounts.services.tokens import revoke_tokens
from apps.audit.services import record

logger = logging.getLogger(__name__)
Kind = Authenticator.Type
LONGEST_NAME = 60


@transaction.atomic
def add_authenticator_app(*, actor: User, secret: str, code: str) -> list[str]:
    """The actor's app shares this secret (base32), and shows this code now.

    Gives recovery codes when this is the first second factor, to be shown once, else an empty list.
    Raises AccountError when the code is wrong or there is an app already.
    """
    locked(actor)
    if Authenticator.objects.filter(user=actor, type=Kind.TOTP).exists():
        raise AccountError("You have an authenticator app already: remove that one first.", "code")
    counter = _counter(secret, code)
    if counter is None:
        raise AccountError(
            "That is not what the app shows now. If it goes on, set the clock of your phone.",
            "code",
        )
    app = TOTP.activate(actor, secret).instance
    app.data["counter"] = counter
    app.save(update_fields=["data"])
    return _added(actor, app)


@transaction.atomic
def add_security_key(*, actor: User, name: str, credential: dict[str, Any]) -> list[str]:
    """The actor's key, whose credential (the browser's answer) was verified before.

    Gives recovery codes when this is the first second factor, else an empty list. Raises AccountError when
    the key or its name is there already.
    """
    locked(actor)
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise AccountError(f"Name the key, in {LONGEST_NAME} characters at most.", "name")
    keys = [key.wrap() for key in Authenticator.objects.filter(user=actor, type=Kind.WEBAUTHN)]
    if any(key.name.casefold() == name.casefold() for key in keys):
        raise AccountError(f"You have a key “{name}” already: choose another name.", "name")
    if _id_of(credential) in {_id_of(key.instance.data["credential"]) for key in keys}:
        raise AccountError("You have added this very key already.", "name")
    return _added(actor, WebAuthn.add(actor, name, credential).instance)


@transaction.atomic
def remove_factor(*, actor: User, number: int) -> None:
    """Remove one of the actor's own factors. With the last one go the recovery codes.

    Raises Authenticator.DoesNotExist, and AccountError when a role of theirs asks for the last one.
    """
    locked(actor)
    factors = Authenticator.objects.filter(user=actor).exclude(type=Kind.RECOVERY_CODES)
    factor = factors.get(pk=number)
    if not factors.exclude(pk=number).exists():
        held = actor.grants.values("role")
        asking = RoleSetting.objects.filter(role__in=held, second_factor=True).first()
        if asking is not None:
            raise AccountError(
                f"The {asking} asks for a second factor: add another one before you remove this."
            )
        Authenticator.objects.filter(user=actor, type=Kind.RECOVERY_CODES).delete()
    before = _described(factor)
    factor.delete()
    actor.forget()
    record(actor=actor, action="user.factor_removed", obj=actor, before=before)


@transaction.atomic
def make_recovery_codes(*, actor: User) -> list[str]:
    """New recovery codes, to be shown once; the old ones are void. Raises AccountError without a factor."""
    locked(actor)
    own = Authenticator.objects.filter(user=actor)
    if not own.exclude(type=Kind.RECOVERY_CODES).exists():
        raise AccountError("Recovery codes stand in for a second factor: add one first.")
    own.filter(type=Kind.RECOVERY_CODES).delete()
    codes = list(RecoveryCodes.activate(actor).get_unused_codes())
    record(actor=actor, action="user.recovery_codes_made", obj=actor, after={"number": len(codes)})
    return codes


@transaction.atomic
def use_code(*, actor: User, code: str) -> Authenticator:
    """The factor of the actor whose code this is: what their app shows now, or a recovery code.

    Each code counts once. Raises AccountError.
    """
    locked(actor)
    codes = (Kind.TOTP, Kind.RECOVERY_CODES)
    for factor in Authenticator.objects.filter(user=actor, type__in=codes).order_by("pk"):
        try:
            fits = _uses(actor, factor, code)
        except InvalidToken:
            logger.error("%s: stored under another LVS_SECRET_KEY: reset it", actor.username)
            continue
        if fits:
            factor.record_usage()
            return factor
    raise AccountError("That code is wrong, or it was used already.", "code")


@transaction.atomic
def use_security_key(*, actor: User, number: int) -> Authenticator:
    """Note that the actor has just shown this key, whose answer was verified before. What they do with it
    leaves the record: signing in."""
    key: Authenticator = Authenticator.objects.get(pk=number, user=actor, type=Kind.WEBAUTHN)
    key.record_usage()
    return key


@transaction.atomic
def reset_second_factor(*, actor: User | None, user: User, reason: str) -> None:
    """Remove all second factors of somebody who lost theirs, and end their sessions and tokens.

    actor None: from the command line of the console's host. Raises AccountError without a reason, for
    one's own account and where there is nothing to remove, and PermissionDenied.
    """
    if actor is not None:
        require(actor, "people.manage")
        if actor.pk == user.pk:
            raise AccountError("Change your own on the page “Account”.", "reason")
    reason = reason.strip()
    if not reason:
        raise AccountError("Say why: it stays in the audit log.", "reason")
    locked(user)
    factors = list(Authenticator.objects.filter(user=user).order_by("pk"))
    if not factors:
        raise AccountError(f"{user.display_name} has no second factor.", "reason")
    before = {"second factors": [_described(factor) for factor in factors]}
    Authenticator.objects.filter(user=user).delete()
    user.forget()
    record(actor=actor, action="user.second_factor_reset", obj=user, before=before, reason=reason)
    end_sessions(actor=actor, user=user, reason=reason)
    revoke_tokens(actor=actor, user=user, reason=reason)


def _added(actor: User, factor: Authenticator) -> list[str]:
    """Note the new factor; recovery codes where the actor has none yet."""
    actor.forget()
    record(actor=actor, action="user.factor_added", obj=actor, after=_described(factor))
    if Authenticator.objects.filter(user=actor, type=Kind.RECOVERY_CODES).exists():
        return []
    return make_recovery_codes(actor=actor)


def _uses(actor: User, factor: Authenticator, code: str) -> bool:
    """Whether the code is one of this factor, which is used up then."""
    if factor.type == Kind.RECOVERY_CODES:
        wrapped = RecoveryCodes(factor)
        if not wrapped.validate_code(code):
            return False
        left = len(wrapped.get_unused_codes())
        record(actor=actor, action="user.recovery_code_used", obj=actor, after={"left": left})
        return True
    counter = _counter(decrypt(factor.data["secret"]), code)
    if counter is None or counter <= factor.data.get("counter", 0):
        return False
    factor.data["counter"] = counter
    factor.save(update_fields=["data"])
    return True


def _counter(secret: str, code: str) -> int | None:
    """The time step whose code this is, None when it is none of now. RFC 6238."""
    for counter in yield_hotp_counters_from_time():
        shown = format_hotp_value(hotp_value(secret, counter))
        if compare_user_code(actual=code, expected=shown):
            return int(counter)
    return None


def _described(factor: Authenticator) -> dict[str, str]:
    """What the audit log says of a factor: never a secret."""
    words = {"second factor": FACTORS[factor.type]}
    return words | ({"name": str(factor)} if factor.type == Kind.WEBAUTHN else {})


def _id_of(credential: dict[str, Any]) -> bytes:
    data = parse_registration_response(credential).response.attestation_object.auth_data
    return bytes(data.credential_data.credential_id)
