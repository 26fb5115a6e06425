"""`manage.py reset_second_factor`: for who has lost it, when no administrator can help."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.errors import AccountError
from apps.accounts.models import User
from apps.accounts.services import reset_second_factor


class Command(BaseCommand):
    """See `help`."""

    help = "Removes all second factors of an account, ends its sessions and tokens, and records it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, and why."""
        parser.add_argument("username")
        parser.add_argument("--reason", required=True, help="why; it stays in the audit log")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; raises CommandError with the reason when that is refused."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no account {options['username']}.")
        try:
            reset_second_factor(actor=None, user=user, reason=options["reason"])
        except AccountError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{user.username} has no second factor now; all sessions and API tokens ended."
        )
