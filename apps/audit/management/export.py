"""`manage.py audit export`."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit.export import FORMATS, exported, newest_number
from apps.audit.filters import AuditFilter
from apps.audit.models import AuditRecord
from apps.audit.services import record_export


def add_export(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--format", choices=FORMATS, default="jsonl")
    parser.add_argument("--since", metavar="DATE", help="from this day on, as 2026-01-31")
    parser.add_argument("--until", metavar="DATE", help="up to and with this day")
    parser.add_argument("--cluster", metavar="NUMBER", type=int, help="records of this cluster")


def run_export(command: BaseCommand, options: dict[str, Any]) -> None:
    """Write the records to standard output, oldest first."""
    wanted = {name: str(options[name]) for name in ("since", "until", "cluster") if options[name]}
    choices = [(options["cluster"], "")] if options["cluster"] else []
    chosen = AuditFilter(wanted, AuditRecord.objects.all(), choices)
    for name, errors in chosen.form.errors.items():
        raise CommandError(f"--{name}: {errors[0]}", returncode=2)
    last = newest_number()
    style = options["format"]
    record_export(actor=None, style=style, wanted=wanted, records=chosen.qs, last=last)
    for text in exported(chosen.qs, style, last):
        command.stdout.write(text, ending="")
