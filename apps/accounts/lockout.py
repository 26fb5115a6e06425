"""How wrong passwords and wrong codes are counted: by django-axes, in the database, for all processes.

A password counts for its name and the address it came from, so that nobody locks out somebody else from
afar. A code counts for its name alone: who comes as far as a code knows the password, and could come
from many addresses.
"""

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest

from apps.accounts.models import User

_CODES = " (second factor)"  # no sign-in name has a space


def counted_by(subject: Any, credentials: dict[str, Any] | None = None) -> list[Any]:
    """AXES_LOCKOUT_PARAMETERS: what an attempt (or a request with credentials) is counted by."""
    name = (credentials or {}).get("username") or getattr(subject, "username", "") or ""
    return ["username"] if is_of_codes(name) else [["username", "ip_address"]]


def is_of_codes(name: str) -> bool:
    """Whether attempts under this name are those at a second factor."""
    return name.endswith(_CODES)


def codes_of(user: User) -> str:
    """The name under which attempts at the user's second factor are counted."""
    return f"{user.username}{_CODES}"


def user_of(name: str) -> str:
    """The sign-in name of the user whose codes are counted under this name."""
    return name.removesuffix(_CODES)


def codes_allowed(request: HttpRequest, user: User) -> bool:
    """Whether another try is allowed. If not, the answer to the request says so (AxesMiddleware)."""
    credentials = {"username": codes_of(user)}
    if AxesProxyHandler.is_allowed(request, credentials):
        return True
    request.axes_locked_out = True  # type: ignore[attr-defined]
    request.axes_credentials = credentials  # type: ignore[attr-defined]
    return False


def code_failed(request: HttpRequest, user: User) -> None:
    """Count a wrong code."""
    credentials = {"username": codes_of(user)}
    user_login_failed.send(__name__, credentials=credentials, request=request, user=user)


def forgive_codes(user: User) -> None:
    """Count from nothing again."""
    AxesProxyHandler.reset_attempts(username=codes_of(user))
