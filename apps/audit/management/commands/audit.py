"""`manage.py audit`: verify the log, export it, see where it was sent."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.audit.management.export import add_export, run_export
from apps.audit.management.verify import add_verify, run_verify


class Command(BaseCommand):
    """See `help`."""

    help = "Verifies the audit log (exit status 1: a record is bad, 2: it could not be checked), exports it."

    def add_arguments(self, parser: CommandParser) -> None:
        """One word says what to do."""
        acts = parser.add_subparsers(dest="act", required=True)
        add_verify(acts.add_parser("verify", help="check every record, link and seal"))
        add_export(acts.add_parser("export", help="write the records to standard output"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        {"verify": run_verify, "export": run_export}[options["act"]](self, options)
