"""Django's own `changepassword` would leave no record in the audit log: it is switched off."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """See `help`."""

    help = "Switched off: use set_password, which leaves a record in the audit log."

    def run_from_argv(self, argv: list[str]) -> None:
        """Whatever Django's command would take, the answer is the same."""
        super().run_from_argv(argv[:2])

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError that names the command to use."""
        raise CommandError(
            "This leaves no record in the audit log. Use: manage.py set_password NAME"
        )
