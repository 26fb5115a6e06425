"""`manage.py set_password`: for somebody who can't sign in any more, the last administrator above all."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.errors import AccountError
from apps.accounts.management.passwords import read_password
from apps.accounts.models import User
from apps.accounts.services import set_password


class Command(BaseCommand):
    """See `help`."""

    help = "Gives an account another password: asked for, or read from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, and where the password comes from."""
        parser.add_argument("username")
        parser.add_argument("--password-stdin", action="store_true", help="read it from stdin")

    def handle(self, *args: Any, **options: Any) -> None:
        """Set it; raises CommandError with the reason when that is refused."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no account {options['username']}.")
        try:
            password = read_password(from_stdin=options["password_stdin"])
            set_password(actor=None, user=user, password=password)
        except AccountError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{user.username} has another password now; all sessions ended.")
