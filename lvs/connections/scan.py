"""One pass through the connection list, in bounded memory: match, keep the first, count."""

from collections.abc import Callable, Iterable, Iterator
from heapq import nlargest, nsmallest
from itertools import islice
from typing import Any, Literal, NamedTuple, get_args

from lvs.connections.endpoints import FilterError
from lvs.connections.filters import Filters
from lvs.connections.lines import (
    CLIENT,
    CLIENT_PORT,
    EXPIRES,
    SERVER,
    SERVER_PORT,
    STATE,
    Count,
    Fields,
    is_template,
    read_fields,
    whole_lines,
)
from lvs.connections.matching import make_test
from lvs.connections.services import Services

Sort = Literal["expires", "client", "server", "state"]
SORTS: tuple[Sort, ...] = get_args(Sort)
DEFAULT_LIMIT = 500
MOST_ROWS = 10_000
"""Rows that are held at once: about 1 kB each."""

_KEYS: dict[Sort, Callable[[Fields], Any]] = {
    # Addresses are written with a fixed number of digits, so their text sorts as they do.
    "expires": lambda fields: (int(fields[EXPIRES]), fields),
    "client": lambda fields: (len(fields[CLIENT]), fields[CLIENT], fields[CLIENT_PORT], fields),
    "server": lambda fields: (len(fields[SERVER]), fields[SERVER], fields[SERVER_PORT], fields),
    "state": lambda fields: (fields[STATE], int(fields[EXPIRES]), fields),
}


class Order(NamedTuple):
    """Which rows come first; without `sort` as the kernel lists them."""

    sort: Sort | None = None
    reverse: bool = False
    limit: int = DEFAULT_LIMIT
    """Of connections and of templates each."""


class Kept(NamedTuple):
    """The first rows of those that matched."""

    rows: list[Fields]
    matched: int


def make_order(sort: str = "", *, reverse: bool = False, limit: int | None = None) -> Order:
    """An order for rows that are held in memory; no limit = `DEFAULT_LIMIT`.

    Raises FilterError on a sort that we don't know, or a limit outside 1 to `MOST_ROWS`.
    """
    limit = DEFAULT_LIMIT if limit is None else limit
    if not 1 <= limit <= MOST_ROWS:
        raise FilterError("limit", f"the limit goes from 1 to {MOST_ROWS} rows, not {limit}")
    if not sort:
        if reverse:
            raise FilterError("reverse", "say with --sort what is to be sorted the other way round")
        return Order(limit=limit)
    for known in SORTS:
        if sort == known:
            return Order(known, reverse, limit)
    raise FilterError("sort", f"can't sort by “{sort}”: choose from {', '.join(SORTS)}")


def make_unsorted(limit: int | None) -> Order:
    """An order for rows that go out as they are read; None = all. Raises FilterError."""
    if limit is not None and limit < 1:
        raise FilterError("limit", f"the limit goes from 1 on, not {limit}")
    return Order(limit=limit or 0)


def matching_blocks(
    chunks: Iterable[bytes], filters: Filters, services: Services, count: Count
) -> Iterator[list[Fields]]:
    """What matches in each piece of the list; `count` grows as they are taken."""
    test = make_test(filters, services.mask)
    for fields in read_fields(whole_lines(chunks), count):
        yield list(filter(test, fields))


def keep_first(blocks: Iterable[list[Fields]], order: Order) -> tuple[Kept, Kept]:
    """The first connections and the first templates. Reads to the end, to count them all."""
    connections, templates = _Keeper(order), _Keeper(order)
    for block in blocks:
        connections.take([fields for fields in block if not is_template(fields)])
        templates.take([fields for fields in block if is_template(fields)])
    return connections.kept(), templates.kept()


class _Keeper:
    """Keeps the first `limit` rows by the order, and a block more."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._rows: list[Fields] = []
        self._matched = 0

    def take(self, block: list[Fields]) -> None:
        """Look at some more rows."""
        self._matched += len(block)
        if self._order.sort is None:
            self._rows.extend(islice(block, max(0, self._order.limit - len(self._rows))))
        else:
            self._rows.extend(block)
            if len(self._rows) > 2 * self._order.limit + DEFAULT_LIMIT:
                self._rows = self._first()

    def kept(self) -> Kept:
        """The rows, in their order."""
        return Kept(self._first(), self._matched)

    def _first(self) -> list[Fields]:
        if self._order.sort is None:
            return self._rows
        first = nlargest if self._order.reverse else nsmallest
        return first(self._order.limit, self._rows, key=_KEYS[self._order.sort])
