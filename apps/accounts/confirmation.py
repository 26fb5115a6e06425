"""Whether somebody has shown lately who they are: asked before factors and accounts are changed.

A session that was left open, or stolen, must not be enough to lock its owner out.
"""

import time
from collections.abc import Mapping
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.http import HttpRequest

from apps.accounts import methods, second_factor, services
from apps.accounts.models import User


def confirmed(request: HttpRequest, user: User) -> bool:
    """Whether the user has shown who they are within the last CONFIRMED_FOR seconds."""
    records = get_authentication_records(request, user)
    shown_at = max(map(_shown_at, records), default=0)
    return time.time() - shown_at < settings.CONFIRMED_FOR


def by_password(request: HttpRequest, user: User) -> None:
    """The user has just given their password once more."""
    services.note_confirmation(actor=user, way=methods.PASSWORD)
    record_authentication(request, user, "password", reauthenticated=True)


def by_second_factor(request: HttpRequest, user: User, *, code: str, credential: str) -> None:
    """The user shows a code or a key once more. Raises AccountError when it is wrong."""
    shown = second_factor.accept(request, user, code=code, credential=credential)
    services.note_confirmation(actor=user, way=methods.FACTORS[shown])


def by_sign_on(request: HttpRequest, user: User) -> None:
    """The provider of single sign-on has just asked the user who they are, at our word."""
    services.note_confirmation(actor=user, way=methods.SIGN_ON)
    record_authentication(
        request,
        user,
        "socialaccount",
        provider=settings.OIDC_ISSUER,
        auth_time=time.time(),
        reauthenticated=True,
    )


def _shown_at(record: Mapping[str, Any]) -> float:
    """When somebody showed who they are. By single sign-on that is when the provider asked them, maybe
    hours before they came here: it lets through whom it knows."""
    if record["method"] == "socialaccount":
        return float(record.get("auth_time", 0))
    return float(record["at"])
