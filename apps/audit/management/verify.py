"""`manage.py audit verify`."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from apps.audit.models import AuditSeal
from apps.audit.outside import compare
from apps.audit.verifying import BadRecord, Unguarded, verify
from lvs.agent.sealing import key_id, public_key_from_text

BAD, UNCHECKED = 1, 2
"""Exit status."""


def add_verify(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument(
        "--public-key",
        action="append",
        type=Path,
        metavar="FILE",
        help="a public key of the console, as `manage.py signing_key` prints it; may be given often",
    )
    parser.add_argument(
        "--file",
        type=Path,
        metavar="FILE",
        help="compare with this file that was sent outside (LVS_AUDIT_FILE), too: it has no gap",
    )
    parser.add_argument(
        "--from-file",
        type=Path,
        metavar="FILE",
        help="compare with this export as JSON lines, too: it may have any records, in any order",
    )


def run_verify(command: BaseCommand, options: dict[str, Any]) -> None:
    """Print counts and the head. Raises CommandError, whose exit status says what the matter is."""
    try:
        keys = _keys(options["public_key"])
        well = verify(keys)
        files = {name: options[name] for name in ("file", "from_file") if options[name]}
        agreed = {path: compare(path, keys, whole=name == "file") for name, path in files.items()}
    except BadRecord as error:
        raise CommandError(
            f"The audit log is not what was written: {error}.", returncode=BAD
        ) from None
    except Unguarded as error:
        raise CommandError(
            f"The audit log is what was written, but {error}.", returncode=BAD
        ) from None
    except (DatabaseError, OSError, ValueError) as error:
        raise CommandError(
            f"The audit log could not be checked: {error}", returncode=UNCHECKED
        ) from error
    command.stdout.write(f"The audit log is whole: {well.records} records, {well.seals} seals.")
    command.stdout.write(f"Head: position {well.records}, hash {well.head}")
    for path, has in agreed.items():
        command.stdout.write(
            f"{path} has {has.records} records and {has.seals} seals, all as in the database."
        )


def _keys(files: list[Path] | None) -> Mapping[str, Ed25519PublicKey]:
    """The keys by name; without files given the console's own `.pub`, needed only where there are seals."""
    own = settings.SIGNING_KEY_FILE.with_name(settings.SIGNING_KEY_FILE.name + ".pub")
    if files is None and not own.exists() and not AuditSeal.objects.exists():
        return {}
    keys = [key for file in files or [own] for key in _keys_in(file)]
    return {key_id(key): key for key in keys}


def _keys_in(file: Path) -> list[Ed25519PublicKey]:
    """One a line: a console that changed its key has had several."""
    try:
        keys = [public_key_from_text(text) for text in file.read_text().split()]
        if not keys:
            raise ValueError("it is empty")
        return keys
    except ValueError as error:
        raise ValueError(f"{file} is no public key: {error}") from None
