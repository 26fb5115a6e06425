"""`manage.py create_user`: an account from the command line, the first administrator above all."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.errors import AccountError
from apps.accounts.management.passwords import read_password
from apps.accounts.models import Role, User
from apps.accounts.services import create_user


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Creates an account with one role. The password is asked for, or read from standard input."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Name, role, and where the password comes from."""
        parser.add_argument("username")
        parser.add_argument("--role", choices=Role.values, required=True)
        parser.add_argument("--full-name", default="")
        parser.add_argument("--password-stdin", action="store_true", help="read it from stdin")
        parser.add_argument(
            "--if-missing", action="store_true", help="do nothing when there is such an account"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create it; raises CommandError with the reason when that is refused."""
        name = options["username"]
        if options["if_missing"] and User.objects.filter(username=name).exists():
            self.stdout.write(f"There is an account {name} already: left as it is.")
            return
        try:
            user = create_user(
                actor=None,
                username=name,
                password=read_password(from_stdin=options["password_stdin"]),
                full_name=options["full_name"],
                role=options["role"],
            )
        except AccountError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Created {user.username}, {options['role']}.")
