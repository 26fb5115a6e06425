"""Signing in and out, and failing to: the audit log says it."""

from datetime import timedelta
from typing import Any

from axes.signals import user_locked_out
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts import lockout, methods
from apps.accounts.models import User
from apps.audit.services import record

NOBODY = "not signed in"


@receiver(user_logged_in)
def note_sign_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Somebody came in, in these ways. Their session ends a while after this moment, however they use it."""
    request.session.set_expiry(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))
    ways = methods.shown_by(request, user)
    with transaction.atomic():
        record(
            actor=user,
            action="user.signed_in",
            obj=user,
            after={"with": ways} if ways else None,
        )


@receiver(user_logged_out)
def note_sign_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    """Somebody left. A session without a user has nobody to name."""
    if user is None:
        return
    with transaction.atomic():
        record(actor=user, action="user.signed_out", obj=user)


@receiver(user_login_failed)
def note_failure(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """A wrong password or code. Names that nobody has are left out: often they are passwords, typed into
    the wrong field. While somebody is locked out there is nothing more to note."""
    if getattr(request, "axes_locked_out", False) and not _just_now(request):
        return
    user, step = _tried(credentials)
    if user is not None:
        note_refusal(user, step)


@receiver(user_locked_out)
def note_lock_out(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    """That was one wrong password or code too many. What was tried, axes leaves at the request."""
    user, step = _tried(getattr(request, "axes_credentials", None) or {})
    if user is not None and _just_now(request):
        _note("user.locked_out", user, step)


def note_refusal(user: User, step: str) -> None:
    """Somebody tried to come in as this user, and was refused at this step."""
    _note("user.sign_in_failed", user, step)


def _just_now(request: HttpRequest | None) -> bool:
    """Whether this very attempt locks; axes says the same of all that come after it."""
    return getattr(request, "axes_failures_since_start", None) is not None


def _tried(credentials: dict[str, Any]) -> tuple[User | None, str]:
    """Whose account it was about, and at which step."""
    user = User.objects.filter(username=credentials.get("username") or "").first()
    return user, "second factor" if lockout.is_of_codes(credentials) else "password"


def _note(action: str, user: User, step: str) -> None:
    with transaction.atomic():
        record(actor=None, actor_name=NOBODY, action=action, obj=user, after={"at": step})
