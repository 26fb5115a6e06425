"""Problems of a draft, with the page and the field where each can be mended."""

from collections.abc import Sequence
from typing import NamedTuple

from django.urls import reverse

from apps.changes.models import Change
from apps.inventory.keys import slug_of
from lvs.model import Table, VirtualService
from lvs.rules import Path, Problem

SHOWN = 20
"""Problems that are shown at a time; a button brings the next ones."""


class Placed(NamedTuple):
    """A problem with the part of the draft that has it, and where that is edited."""

    where: str
    url: str
    problem: Problem


class Problems(NamedTuple):
    """Some of a draft's problems, errors first."""

    shown: list[Placed]
    errors: int
    warnings: int
    following: int
    """The place of the next ones, 0 = none."""

    @property
    def left(self) -> int:
        """How many stand behind those shown."""
        return self.errors + self.warnings - self.following if self.following else 0


def problems_page(
    change: Change, problems: Sequence[Problem], table: Table, first: int = 0, size: int = SHOWN
) -> Problems:
    """The problems from the place `first` on. table: that of which their paths speak."""
    errors = [problem for problem in problems if problem.severity == "error"]
    warnings = [problem for problem in problems if problem.severity != "error"]
    ordered = (errors + warnings)[first:]
    following = first + size if len(ordered) > size else 0
    shown = [placed(change, problem, table) for problem in ordered[:size]]
    return Problems(shown, len(errors), len(warnings), following)


def placed(change: Change, problem: Problem, table: Table) -> Placed:
    """table: the draft's, or the one that it would be."""
    match problem.path:
        case ("services", int(index), *rest) if index < len(table.services):
            service = table.services[index]
            url = reverse("web:service", args=[change.pk, slug_of(service)])
            return Placed(str(service), f"{url}#{_field_of(service, tuple(rest))}", problem)
        case ("timeouts" | "sync" | "sysctls", *_):
            url = reverse("web:change-settings", args=[change.pk])
            return Placed("Settings", f"{url}#{_setting_of(table, problem.path)}", problem)
    return Placed("", "", problem)


def _field_of(service: VirtualService, path: Path) -> str:
    """The id of the field in the service's form, whose rows stand in the order of its real servers."""
    match path:
        case ("real_servers", int(row), str(name), *_):
            return f"id_servers-{row}-{name}"
        case ("real_servers", int(row)):
            return f"id_servers-{row}-address"
        case ("real_servers",):
            return "id_servers-0-weight" if service.real_servers else "real-servers"
        case ("flags", *_):
            return "id_scheduler"
        case ("family", *_) if not service.fwmark:
            return "id_address"
        case (str(name), *_):
            return f"id_{name}"
    return "main"


def _setting_of(table: Table, path: Path) -> str:
    match path:
        case ("timeouts", str(name), *_):
            return f"id_timeouts-{name}"
        case ("sysctls", str(name), *_):
            return f"id_sysctls-{name}"
        case ("sync", int(index), *rest) if index < len(table.sync or ()):
            role = (table.sync or ())[index].role
            return f"id_{role}-{rest[0] if rest else 'interface'}"
    return "id_sync-mode_0"
