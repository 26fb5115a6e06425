"""Whether somebody has shown lately who they are: asked before factors and accounts are changed.

A session that was left open, or stolen, must not be enough to lock its owner out.
"""

import time

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.http import HttpRequest

from apps.accounts.models import User


def confirmed(request: HttpRequest, user: User) -> bool:
    """Whether the user has shown who they are within the last CONFIRMED_FOR seconds."""
    records = get_authentication_records(request, user)
    return bool(records) and time.time() - records[-1]["at"] < settings.CONFIRMED_FOR


def note_password(request: HttpRequest, user: User) -> None:
    """The user has just given their password once more."""
    record_authentication(request, user, "password", reauthenticated=True)
