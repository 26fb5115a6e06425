"""`manage.py enrol_director NAME`: make a director known and print its agent's configuration."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from apps.inventory.errors import InventoryError
from apps.inventory.models import Cluster, Director
from apps.inventory.services import edit_cluster, enrol_director
from apps.jobs.enrolment import agent_config
from apps.jobs.signing import SigningKeyError


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Enrols a director, or finds the one of that name, and prints the configuration of its agent "
        "(/etc/lvsconsole/agent.toml). It holds the address of Redis: keep it secret."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Its name, its cluster, where the configuration goes."""
        parser.add_argument("name")
        parser.add_argument("--cluster", help="the cluster that it shall belong to")
        parser.add_argument(
            "--output", type=Path, metavar="FILE", help="write the configuration there, mode 0600"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Enrol. Raises CommandError, with nothing enrolled, when something is wrong."""
        try:
            with transaction.atomic():
                text = agent_config(_director(options["name"], options["cluster"]))
                if options["output"]:
                    _write(options["output"], text)
        except (InventoryError, SigningKeyError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{options['output']} can't be written: {error.strerror}") from error
        if not options["output"]:
            self.stdout.write(text, ending="")


def _director(name: str, cluster_name: str | None) -> Director:
    cluster = Cluster.objects.filter(name=cluster_name).first() if cluster_name else None
    if cluster_name and cluster is None:
        raise CommandError(f"There is no cluster “{cluster_name}”: make it on the page “Clusters”.")
    director = Director.objects.filter(name=name.strip()).first()
    if director is None:
        director = enrol_director(actor=None, name=name)
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
