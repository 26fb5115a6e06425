"""In which order the directors of a cluster get a change: those that carry its traffic come last."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from apps.telemetry.selectors import status_of
from lvs.model import Table

_BACKUP, _UNKNOWN, _ACTIVE = range(3)


class Place(NamedTuple):
    """What decides a director's turn."""

    rank: int
    name: str


def in_order(directors: Iterable[Any], table: Table) -> list[Any]:
    """Backups first, then those of which nothing is known, then those that hold addresses of the table's
    services; each kind by name. Select them with their status.

    A director takes connections where it holds the virtual address: keepalived moves it to one of them.
    """
    addresses = {service.address for service in table.services if service.address}
    return sorted(directors, key=lambda director: _place(director, addresses))


def _place(director: Any, addresses: set[str]) -> Place:
    status = status_of(director)
    facts = status.facts if status else {}
    held = {entry.get("address", "") for entry in facts.get("addresses", ())}
    if not held:
        return Place(_UNKNOWN, director.name)
    return Place(_ACTIVE if held & addresses else _BACKUP, director.name)
