"""Signing in and out are acts of Django's own views; these put them into the audit log."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.dispatch import receiver

from apps.accounts.models import User
from apps.audit.services import record


@receiver(user_logged_in)
def note_sign_in(sender: Any, user: User, **kwargs: Any) -> None:
    """Somebody came in."""
    with transaction.atomic():
        record(actor=user, action="user.signed_in", obj=user)


@receiver(user_logged_out)
def note_sign_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    """Somebody left. A session without a user has nobody to name."""
    if user is None:
        return
    with transaction.atomic():
        record(actor=user, action="user.signed_out", obj=user)
