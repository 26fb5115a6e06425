"""A table as `ipvsadm -Ln` lists it, with any of its sets of columns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from lvs.addresses import FULL_NETMASK, endpoint
from lvs.diff_settings import setting_texts
from lvs.formats.ipvsadm_args import in_ipvsadms_order
from lvs.formats.listing_columns import FIRST_CELLS, TITLES, Cells, View, number_cell
from lvs.model import ServiceKey, Table, VirtualService

if TYPE_CHECKING:
    from lvs.counters import ServerCounters, ServiceCounters, ServiceRates

_Row = tuple[ServiceKey, tuple[str, int] | None]
"""A service, or with its address and port a real server of it."""


def render_listing(
    table: Table,
    counters: "Sequence[ServiceCounters]" = (),
    rates: "Sequence[ServiceRates]" = (),
    *,
    view: View = "connections",
    exact: bool = False,
) -> str:
    """The table with the columns of a view; “-” where a number is unknown.

    `counters` fill the connection columns and the view `stats`, `rates` the view `rate`. exact: numbers of
    these two views are not shortened.
    """
    if view == "stats":
        lines = _number_lines(table, _totals(counters), exact=exact)
    elif view == "rate":
        lines = _number_lines(table, _each_second(rates), exact=exact)
    else:
        lines = _setting_lines(table, counters, FIRST_CELLS[view])
    decided = (f"{name}: {text}\n" for name, text in setting_texts(table).items())
    return "".join((TITLES[view], *lines, *decided))


def _setting_lines(
    table: Table, counters: "Sequence[ServiceCounters]", first_cells: Cells
) -> Iterator[str]:
    found = {(e.key, s.address, s.port): s for e in counters for s in e.servers}
    for service in in_ipvsadms_order(table):
        yield f"{_name(service)} {_settings(service)}\n"
        for server in service.real_servers:
            counted = found.get((service.key, *server.key))
            cells = f"{first_cells(server, counted)} {_connections(counted)}"
            yield f"  -> {server!s:<28} {cells}\n"


def _connections(counted: "ServerCounters | None") -> str:
    active, inactive = (counted.active, counted.inactive) if counted else ("-", "-")
    return f"{active:<10} {inactive:<10}"


def _number_lines(
    table: Table, numbers: Mapping[_Row, tuple[int, ...]], *, exact: bool
) -> Iterator[str]:
    def cells(row: _Row) -> str:
        if row not in numbers:
            return f"{'-':>9}" * 5
        return "".join(number_cell(number, exact=exact) for number in numbers[row])

    for service in in_ipvsadms_order(table):
        yield f"{_name(service):<33}{cells((service.key, None))}\n"
        for server in service.real_servers:
            yield f"  -> {server!s:<28}{cells((service.key, server.key))}\n"


def _totals(counters: "Sequence[ServiceCounters]") -> dict[_Row, tuple[int, ...]]:
    found: dict[_Row, tuple[int, ...]] = {(e.key, None): e.counters for e in counters}
    return found | {(e.key, (s.address, s.port)): s.counters for e in counters for s in e.servers}


def _each_second(rates: "Sequence[ServiceRates]") -> dict[_Row, tuple[int, ...]]:
    found: dict[_Row, tuple[int, ...]] = {(e.key, None): e.rates for e in rates}
    return found | {(e.key, (s.address, s.port)): s.rates for e in rates for s in e.servers}


def _name(service: VirtualService) -> str:
    if service.fwmark:
        return f"FWM  {service.fwmark}" + (" IPv6" if service.family == "inet6" else "")
    return f"{service.protocol.upper():<4} {endpoint(service.address, service.port)}"


def _settings(service: VirtualService) -> str:
    words = [service.scheduler]
    if service.flags:
        words.append(f"({','.join(service.flags)})")
    if service.persistence:
        words.append(f"persistent {service.persistence}")
        if service.netmask != FULL_NETMASK[service.family]:
            words.append(f"mask {service.netmask}")
        if service.persistence_engine:
            words.append(f"pe {service.persistence_engine}")
    if service.one_packet:
        words.append("ops")
    return " ".join(words)
