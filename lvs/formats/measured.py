"""What was counted and estimated, as fields of a document beside those of its table."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lvs.documents import Document
from lvs.model import ServiceKey, Table

if TYPE_CHECKING:
    from lvs.counters import ServiceCounters, ServiceRates

MEASURED_KEYS = ("counters", "rates")
"""Fields of a service or real server that say what was, not what should be: reading ignores them."""


def add_counters(
    table: Table, document: Document, counters: "Sequence[ServiceCounters]", *, totals: bool
) -> None:
    """Add `counters` where they are known: of real servers the connections, and of all the totals."""
    services = {e.key: e.counters._asdict() for e in counters} if totals else {}
    servers = {
        (e.key, s.address, s.port): {
            "active": s.active,
            "inactive": s.inactive,
            "persistent": s.persistent,
            **(s.counters._asdict() if totals else {}),
        }
        for e in counters
        for s in e.servers
    }
    _add("counters", table, document, services, servers)


def add_rates(table: Table, document: Document, rates: "Sequence[ServiceRates]") -> None:
    """Add `rates` where they are known."""
    services = {e.key: e.rates._asdict() for e in rates}
    servers = {(e.key, s.address, s.port): s.rates._asdict() for e in rates for s in e.servers}
    _add("rates", table, document, services, servers)


def _add(
    name: str,
    table: Table,
    document: Document,
    services: Mapping[ServiceKey, Document],
    servers: Mapping[tuple[ServiceKey, str, int], Document],
) -> None:
    """document: that of the table, whose entries stand in the same order."""
    for service, described in zip(table.services, document["services"], strict=True):
        if service.key in services:
            described[name] = services[service.key]
        for server, line in zip(service.real_servers, described["real_servers"], strict=True):
            row = (service.key, *server.key)
            if row in servers:
                line[name] = servers[row]
