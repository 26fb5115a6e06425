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

_CODES = " second factor of "  # begins with a space, as no typed name does once it is stripped
_OF_CODES = "second_factor_of"  # in the credentials of an attempt: whose; no form puts it there


def counted_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """AXES_USERNAME_CALLABLE: the name under which an attempt is stored.

    A code counts under a name that nobody can type, or strangers could lock somebody's second factor by
    signing in with that name.
    """
    if credentials is None:
        return request.POST.get("username", "").strip()
    if is_of_codes(credentials):
        return f"{_CODES}{credentials[_OF_CODES]}"
    return str(credentials.get("username") or "").strip()


def counted_by(subject: Any, credentials: dict[str, Any] | None = None) -> list[Any]:
    """AXES_LOCKOUT_PARAMETERS: what an attempt (or a request with credentials) is counted by."""
    stored = getattr(subject, "username", None) or ""  # of an attempt; a request has none
    of_codes = is_of_codes(credentials) or stored.startswith(_CODES)
    return ["username"] if of_codes else [["username", "ip_address"]]


def is_of_codes(credentials: dict[str, Any] | None) -> bool:
    """Whether an attempt with these credentials is one at a second factor."""
    return _OF_CODES in (credentials or {})


def codes_of(user: User) -> dict[str, Any]:
    """The credentials with which attempts at the user's second factor are counted."""
    return {"username": user.username, _OF_CODES: user.pk}


def codes_allowed(request: HttpRequest, user: User) -> bool:
    """Whether another try is allowed. If not, the answer to the request says so (AxesMiddleware)."""
    credentials = codes_of(user)
    if AxesProxyHandler.is_allowed(request, credentials):
        return True
    request.axes_locked_out = True  # type: ignore[attr-defined]
    request.axes_credentials = credentials  # type: ignore[attr-defined]
    return False


def code_failed(request: HttpRequest, user: User) -> None:
    """Count a wrong code."""
    user_login_failed.send(__name__, credentials=codes_of(user), request=request, user=user)


def forgive_codes(user: User) -> None:
    """Count from nothing again."""
    AxesProxyHandler.reset_attempts(username=f"{_CODES}{user.pk}")
