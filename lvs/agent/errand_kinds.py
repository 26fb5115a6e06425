"""What each kind of errand does. Arguments come signed from the console, and may yet be wrong."""

from lvs.boot import current_boot
from lvs.connections import FilterError, find_connections, make_filters, make_order, summarise
from lvs.connections.filters import Filters
from lvs.doctor import examine, script_for
from lvs.doctor.gather import read_held
from lvs.documents import Document, key_from_document, table_from_document
from lvs.errors import LvsError
from lvs.model import EMPTY, Table
from lvs.netlink.kernel import Kernel
from lvs.state import StateFolder

_FILTERS = frozenset({"client", "service", "server", "state", "protocol", "kind", "origin"})


class BadArguments(LvsError):
    """The errand asks for something that can't be."""


def zero_counters(state: StateFolder, arguments: Document) -> Document:
    """Set counters of services that are ours to zero; those of others are theirs.

    arguments: `{"service": key document, or null for all of ours}`.
    """
    try:
        document = arguments["service"]
        key = None if document is None else key_from_document(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadArguments(f"The service can't be read: {error!r}") from None
    owned = state.load().in_boot(current_boot()).owned.services
    if key is not None and key not in owned:
        raise BadArguments(f"{key} is not managed from here: its counters are left alone")
    with Kernel() as kernel:
        held = kernel.read_table(()).by_key().keys() if key is None else {key}
        for one in owned & held:
            kernel.zero(one)
    return {}


def fitness(state: StateFolder, arguments: Document) -> Document:
    """Findings and advice of `lvs.doctor` for a table.

    arguments: `{"table": document}`; without one it is the last verified table, or what the kernel holds:
    nothing where it has no IPVS, which the findings then say.
    """
    return examine(_table(state, arguments))


def script(state: StateFolder, arguments: Document) -> Document:
    """A shell script that checks a real server on the spot. arguments: as `fitness`, and `address`."""
    return script_for(_table(state, arguments), str(arguments.get("address", "")))


def _table(state: StateFolder, arguments: Document) -> Table:
    document = arguments.get("table")
    if document is None:
        return state.load().table or held()
    try:
        return table_from_document(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadArguments(f"The table can't be read: {error!r}") from None


def held() -> Table:
    """The services that the kernel holds; none where it can't be asked."""
    table = read_held()
    return Table(table.services) if table else EMPTY


def connections(arguments: Document) -> Document:
    """Rows of the connection table, or totals, as `lvs.connections` gives them.

    arguments: `{"filters": words of make_filters, "totals": bool, "sort": word, "reverse": bool, "limit":
    rows}`; without "reverse" the smallest comes first.
    """
    try:
        filters = _filters(arguments["filters"])
        limit = arguments["limit"]
        if arguments["totals"]:
            return summarise(filters, limit)
        reverse = arguments.get("reverse") is True
        return find_connections(
            filters, make_order(arguments["sort"], reverse=reverse, limit=limit)
        )
    except FilterError as error:
        raise BadArguments(str(error)) from None
    except (KeyError, TypeError) as error:
        raise BadArguments(f"The question can't be read: {error!r}") from None


def _filters(words: Document) -> Filters:
    if not words.keys() <= _FILTERS:
        names = ", ".join(sorted(words.keys() - _FILTERS))
        raise BadArguments(f"This agent has no filter {names[:80]}: update it")
    return make_filters(**words)
