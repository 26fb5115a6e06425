"""The shapes in which rows are printed, one by one as they are read."""

import json
from collections.abc import Callable
from tempfile import SpooledTemporaryFile
from typing import Any, NamedTuple, Protocol

from lvs.connections import row_document
from lvs.connections.filters import Kind
from lvs.connections.lines import Count, Fields
from lvs.connections.row import decode, printable
from lvs.connections.services import Services
from lvs.connections.text import (
    CONNECTION_TITLE,
    TEMPLATE_TITLE,
    Columns,
    connection_cells,
    sticks,
    template_cells,
    totals,
)

Write = Callable[[str], object]


class Totals(NamedTuple):
    """What was read, what matched and how much of it was printed."""

    lines: Count
    kind: Kind
    connections: int
    templates: int
    shown: int
    complete: bool = True
    """False when a limit ended the reading."""

    def document(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "kind": "end",
            "read": self.lines.read,
            "unreadable": self.lines.unreadable,
            "example": printable(self.lines.example),
            "connections": self.connections,
            "templates": self.templates,
            "shown": self.shown,
            "complete": self.complete,
        }


class Output(Protocol):
    """Takes rows in the order of the list, and at the end what there was in all."""

    def row(self, fields: Fields) -> None:
        """Print a row, now or later."""

    def end(self, found: Totals) -> None:
        """Print what is left, and the totals."""


class JsonLines:
    """One JSON object a line; the last is of kind `end`, so that a reader knows it has all."""

    def __init__(self, write: Write, services: Services) -> None:
        self._write = write
        self._services = services

    def row(self, fields: Fields) -> None:
        """Print a row."""
        self._write(_json(row_document(fields, self._services)))

    def end(self, found: Totals) -> None:
        """Print the totals."""
        self._write(_json(found.document()))


class Listing:
    """Columns: connections as they come, then templates. A template is held back until then."""

    def __init__(self, write: Write, services: Services, held: "SpooledTemporaryFile[str]") -> None:
        self._write = write
        self._services = services
        self._held = held
        self._connections = Columns(CONNECTION_TITLE)
        self._templates = Columns(TEMPLATE_TITLE)

    def row(self, fields: Fields) -> None:
        """Print a connection, or hold a template back."""
        row = decode(fields)
        if row.template:
            owner = self._services.owner(fields)
            self._held.write(self._templates.add(template_cells(row, owner)))
        else:
            self._write(self._connections.add(connection_cells(row)))

    def end(self, found: Totals) -> None:
        """Print what is left, the templates and the totals."""
        connections = self._connections.rest()
        self._write(connections)
        self._held.write(self._templates.rest())
        if found.templates:
            self._write(
                "\nPersistence templates\n" if found.connections else "Persistence templates\n"
            )
            self._held.seek(0)
            while text := self._held.read(1 << 16):
                self._write(text)
        self._write(("\n" if found.connections or found.templates else "") + _footer(found))


class Sentences:
    """For one client's templates: to which real server it sticks, and for how long."""

    def __init__(self, write: Write, services: Services, client: str) -> None:
        self._write = write
        self._services = services
        self._client = client

    def row(self, fields: Fields) -> None:
        """Print what a template means for the client."""
        self._write(sticks(self._client, decode(fields), self._services.owner(fields)) + "\n")

    def end(self, found: Totals) -> None:
        """Say so when there is none, and how much was read."""
        if not found.templates:
            self._write(f"{self._client} sticks to no real server: no template holds for it.\n")
        self._write(_footer(found))


def _footer(found: Totals) -> str:
    if not found.complete:
        return f"The limit ended the reading after {found.lines.read} lines: there may be more.\n"
    text = totals(found.document(), found.kind)
    cut = found.shown < found.connections + found.templates
    return f"{found.shown} shown of {text}\n" if cut else f"{text}\n"


_encode = json.JSONEncoder(ensure_ascii=False).encode


def _json(document: dict[str, Any]) -> str:
    return _encode(document) + "\n"
