"""What `python -m lvs connections` prints: one pass through the list, rows go out as they are read."""

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile

from lvs.connections.filters import Filters
from lvs.connections.lines import Count, Fields, is_template
from lvs.connections.output import JsonLines, Listing, Output, Sentences, Totals, Write
from lvs.connections.scan import Order, keep_first, matching_blocks
from lvs.connections.services import Services
from lvs.connections.source import list_for, read_chunks, table_for

_IN_MEMORY = 8 << 20
"""Bytes of templates' text that wait in memory until the connections are printed; then on disk."""


def print_connections(write: Write, filters: Filters, order: Order, style: str) -> Totals:
    """Print what matches. style: `text` or `json`.

    order: unsorted, a limit of 0 means all, and any other ends the reading when there is more of
    all that is wanted. Raises as `lvs.connections.find_connections` does.
    """
    services = Services(table_for(filters))
    count = Count()
    blocks = matching_blocks(read_chunks(list_for(filters)), filters, services, count)
    with _output(write, filters, services, style) as output:
        if order.sort:
            found = _print_sorted(blocks, order, output, Totals(count, filters.kind, 0, 0, 0))
        else:
            found = _print_as_read(blocks, order, output, Totals(count, filters.kind, 0, 0, 0))
        output.end(found)
    return found


@contextmanager
def _output(write: Write, filters: Filters, services: Services, style: str) -> Iterator[Output]:
    client = filters.client
    if style == "json":
        yield JsonLines(write, services)
    elif filters.kind == "templates" and client and client.is_one:
        yield Sentences(write, services, client.address)
    else:
        with SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8") as held:
            yield Listing(write, services, held)


def _print_sorted(
    blocks: Iterator[list[Fields]], order: Order, output: Output, found: Totals
) -> Totals:
    connections, templates = keep_first(blocks, order)
    rows = [*connections.rows, *templates.rows]
    for fields in rows:
        output.row(fields)
    return found._replace(
        connections=connections.matched, templates=templates.matched, shown=len(rows)
    )


def _print_as_read(
    blocks: Iterator[list[Fields]], order: Order, output: Output, found: Totals
) -> Totals:
    numbers = {False: 0, True: 0}
    """Of connections, and of templates."""
    wanted = {"all": (False, True), "connections": (False,), "templates": (True,)}[found.kind]
    shown, complete = 0, True
    for fields in (fields for block in blocks for fields in block):
        template = is_template(fields)
        numbers[template] += 1
        if not order.limit or numbers[template] <= order.limit:
            shown += 1
            output.row(fields)
        elif all(numbers[kind] > order.limit for kind in wanted):
            complete = False
            break
    return found._replace(
        connections=numbers[False], templates=numbers[True], shown=shown, complete=complete
    )
