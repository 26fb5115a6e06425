"""The tables that are measured: every address another one, as no cache would like it."""

from lvs.canonical_form import make_table
from lvs.model import RealServer, Table, VirtualService


def plain_table(services: int, servers: int, weight: int = 1) -> Table:
    """So many services with so many real servers each (at most 65,536 and 2,048)."""
    return make_table(
        VirtualService(
            *("inet", "tcp", f"10.{number >> 8}.{number & 255}.1", 80, 0),
            scheduler="wrr",
            real_servers=tuple(_server(number, index, weight) for index in range(servers)),
        )
        for number in range(services)
    )


def _server(number: int, index: int, weight: int) -> RealServer:
    address = f"{172 + (index >> 8)}.{index & 255}.{number >> 8}.{number & 255}"
    return RealServer(address, 8080, "masquerade", weight + index)


def with_weights(table: Table, count: int, weight: int) -> Table:
    """The table with another weight for the first real server of each of the first `count` services."""
    changed = [
        service._replace(
            real_servers=(
                service.real_servers[0]._replace(weight=weight),
                *service.real_servers[1:],
            )
        )
        for service in table.services[:count]
    ]
    return table._replace(services=(*changed, *table.services[count:]))
