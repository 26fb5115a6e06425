"""`manage.py enrol_director NAME`: make a director known and print an invitation for its host."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from apps.inventory.errors import InventoryError
from apps.inventory.models import Cluster, Director
from apps.inventory.services import add_director, edit_cluster
from apps.trust.inviting import enrol_command
from apps.trust.models import Identity
from apps.trust.services import invite_director
from apps.trust.signing import SigningKeyError


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Adds a director, or finds the one of that name, and prints an invitation: a code for "
        "`python -m lvs.agent enrol CODE` on its host, good for an hour and once. Keep it secret."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Its name, its cluster, where the code goes."""
        parser.add_argument("name")
        parser.add_argument("--cluster", help="the cluster that it shall belong to")
        parser.add_argument(
            "--output", type=Path, metavar="FILE", help="write the code there, mode 0600"
        )

        parser.add_argument(
            "--unless-enrolled", action="store_true", help="do nothing where it is enrolled already"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Invite. Raises CommandError, with nothing changed, when something is wrong."""
        try:
            with transaction.atomic():
                director = _director(options["name"], options["cluster"])
                if (
                    options["unless_enrolled"]
                    and Identity.objects.filter(director=director).exists()
                ):
                    return
                code = invite_director(actor=None, director=director) + "\n"
                if options["output"]:
                    _write(options["output"], code)
        except (InventoryError, SigningKeyError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{options['output']} can't be written: {error.strerror}") from error
        if not options["output"]:
            self.stderr.write("On its host, within an hour:")
            self.stderr.write(f"    {enrol_command('CODE')}")
            self.stderr.write(
                "with this code, or with - in its place, which reads it from standard input:"
            )
            self.stdout.write(code, ending="")


def _director(name: str, cluster_name: str | None) -> Director:
    cluster = Cluster.objects.filter(name=cluster_name).first() if cluster_name else None
    if cluster_name and cluster is None:
        raise CommandError(f"There is no cluster “{cluster_name}”: make it on the page “Clusters”.")
    director = Director.objects.filter(name=name.strip()).first()
    if director is None:
        director = add_director(actor=None, name=name)
    if cluster is not None and director.cluster_id != cluster.pk:
        edit_cluster(
            actor=None,
            cluster=cluster,
            name=cluster.name,
            description=cluster.description,
            directors=[*cluster.directors.all(), director],
        )
    return director


def _write(path: Path, text: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
