"""Where e-mails to a person go."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction

from apps.accounts.addresses import can_be_sent_to
from apps.accounts.errors import AccountError
from apps.accounts.models import User
from apps.audit.services import record


@transaction.atomic
def set_email(*, actor: User, email: str) -> User:
    """Give oneself another address, "" = none.

    Raises AccountError when it is no address, PermissionDenied on an account that is switched off.
    """
    if not actor.is_active:
        raise PermissionDenied("Your account is switched off.")
    email = User.objects.normalize_email(email.strip())
    try:
        if email:
            validate_email(email)
            User._meta.get_field("email").clean(email, None)
            if not can_be_sent_to(email):
                raise ValidationError("Its domain has no form in ASCII.")
    except ValidationError:
        raise AccountError(
            "That is no e-mail address, as name@example.net would be.", "email"
        ) from None
    user = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
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
