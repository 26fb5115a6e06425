"""`manage.py audit verify` and `manage.py audit export`: the audit log, from the console's host."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from apps.audit.exporting import FORMATS, lines
from apps.audit.models import AuditRecord
from apps.audit.services import record_export
from apps.audit.verifying import Broken, verify
from apps.jobs.signing import SigningKeyError, public_key_text
from lvs.agent.sealing import public_key_from_text


class Command(BaseCommand):
    """See `help`."""

    help = "Verifies the audit log's chain (exit 1: broken, 2: could not look), or exports it."

    def add_arguments(self, parser: CommandParser) -> None:
        """The two acts and their options."""
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("verify", help="recompute every digest, link and seal")
        export = acts.add_parser("export", help="print all records, oldest first")
        export.add_argument("--format", choices=FORMATS, default="jsonl")
        export.add_argument("--since", help="a date, as 2026-05-31")
        export.add_argument("--until", help="a date, this day included")
        export.add_argument("--cluster", type=int, help="only of the cluster with this number")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        if options["act"] == "verify":
            self._verify()
        else:
            self._export(options)

    def _verify(self) -> None:
        try:
            try:
                key = public_key_from_text(public_key_text())
            except SigningKeyError:
                key = None  # no key was made yet: then there must be no seal either
            found = verify(key)
        except Broken as broken:
            raise CommandError(str(broken), returncode=1) from broken
        except DatabaseError as error:
            raise CommandError(f"The audit log can't be read: {error}", returncode=2) from error
        self.stdout.write(
            f"The chain is whole: {found.records} records, {found.seals} seals, "
            f"head {found.head or 'none'}."
        )

    def _export(self, options: dict[str, Any]) -> None:
        records = AuditRecord.objects.all()
        if options["since"]:
            records = records.filter(at__date__gte=options["since"])
        if options["until"]:
            records = records.filter(at__date__lte=options["until"])
        if options["cluster"] is not None:
            records = records.filter(cluster_number=options["cluster"])
        wanted = {name: options[name] for name in ("since", "until", "cluster") if options[name]}
        record_export(actor=None, form=options["format"], wanted=wanted)
        for line in lines(records, options["format"]):
            self.stdout.write(line, ending="")
