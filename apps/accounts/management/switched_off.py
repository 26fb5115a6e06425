"""Commands of Django's that would leave no record in the audit log."""

from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError


class SwitchedOff(BaseCommand):
    """A command that only names the one to use in its place."""

    instead: ClassVar[str]
    help = "Switched off: it would leave no record in the audit log."

    def run_from_argv(self, argv: list[str]) -> None:
        """Whatever Django's command would take, the answer is the same."""
        super().run_from_argv(argv[:2])

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError that names the command to use."""
        raise CommandError(f"This leaves no record in the audit log. Use: manage.py {self.instead}")
