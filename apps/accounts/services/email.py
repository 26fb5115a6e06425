"""Where e-mails to a person go."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from apps.accounts.errors import AccountError
from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import record


@transaction.atomic
def set_email(*, actor: User, user: User, email: str) -> User:
    """Give a person another address, "" = none: one's own, or anybody's for those who manage people.

    Raises AccountError when it is no address, PermissionDenied.
    """
    if actor.pk != user.pk or not actor.is_active:
        require(actor, "people.manage")
    email = User.objects.normalize_email(email.strip())
    try:
        if email:
            validate_email(email)
    except ValidationError:
        raise AccountError(
            "That is no e-mail address, as name@example.net would be.", "email"
        ) from None
    if len(email) > 254:
        raise AccountError("An e-mail address has 254 characters at most.", "email")
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    before, user.email = user.email, email
    if before == email:
        return user
    user.save(update_fields=["email"])
    record(
        actor=actor,
        action="user.email_changed",
        obj=user,
        before={"e-mail": before},
        after={"e-mail": email},
    )
    return user
