"""The connection table: who is connected to which real server, and who sticks to which.

For commands and for the agent: `find_connections` and `summarise` read the kernel's list once and
give plain JSON documents of limited size. What is read: docs/connections.md.
"""

from pathlib import Path
from typing import Any

from lvs.connections.endpoints import FilterError
from lvs.connections.filters import Filters, make_filters
from lvs.connections.lines import Count, Fields
from lvs.connections.row import decode, printable, to_document
from lvs.connections.scan import (
    DEFAULT_LIMIT,
    Kept,
    Order,
    keep_first,
    make_order,
    matching_blocks,
)
from lvs.connections.services import Services, covered, remark
from lvs.connections.source import list_for, read_chunks, table_for
from lvs.connections.summary import Tally
from lvs.model import Table

__all__ = [
    "FilterError",
    "Filters",
    "Order",
    "find_connections",
    "make_filters",
    "make_order",
    "row_document",
    "summarise",
]

Document = dict[str, Any]

_FIRST = Order()


def find_connections(
    filters: Filters,
    order: Order = _FIRST,
    *,
    table: Table | None = None,
    path: Path | None = None,
) -> Document:
    """The connections and templates that match, the first `order.limit` of each.

    `{"read", "unreadable", "example", "connections": part, "templates": part}`; a part is
    `{"matched", "truncated", "rows"}`. table: the kernel's services, path: the list; both for
    tests. Raises IpvsMissing, NotPermitted and other LvsErrors, and OSError.
    """
    services = Services(table_for(filters) if table is None else table)
    count = Count()
    chunks = read_chunks(path or list_for(filters))
    connections, templates = keep_first(matching_blocks(chunks, filters, services, count), order)
    return _counted(count) | {
        "connections": _part(connections, services),
        "templates": _part(templates, services),
    }


def summarise(
    filters: Filters,
    limit: int = DEFAULT_LIMIT,
    *,
    table: Table | None = None,
    path: Path | None = None,
) -> Document:
    """How many match: by service, by real server and by state, templates apart.

    The document of `lvs.connections.summary.Tally` with `read`, `unreadable` and `example`. limit:
    entries in each list. Raises as `find_connections` does.
    """
    services = Services(table_for(filters) if table is None else table)
    count, tally = Count(), Tally(services)
    for block in matching_blocks(read_chunks(path or list_for(filters)), filters, services, count):
        tally.take(block)
    return _counted(count) | tally.document(limit)


def row_document(fields: Fields, services: Services) -> Document:
    """One line as a JSON object; a template's says whom it holds for, and what is wrong with it."""
    row = decode(fields)
    document = to_document(row)
    if row.template:
        owner = services.owner(fields)
        document |= {"covers": covered(row, owner), "remark": remark(row, owner)}
    return document


def _counted(count: Count) -> Document:
    return {
        "read": count.read,
        "unreadable": count.unreadable,
        "example": printable(count.example),
    }


def _part(kept: Kept, services: Services) -> Document:
    return {
        "matched": kept.matched,
        "truncated": kept.matched > len(kept.rows),
        "rows": [row_document(fields, services) for fields in kept.rows],
    }
