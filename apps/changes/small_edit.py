"""Edits so small that a policy may let them pass: weights, and with them drains. Pure."""

from lvs.model import Table, VirtualService


def only_weights(base: Table, table: Table) -> bool:
    """Whether the tables differ in nothing but weights of real servers."""
    return _without_weights(base) == _without_weights(table)


def _without_weights(table: Table) -> Table:
    return table._replace(services=tuple(_even(service) for service in table.services))


def _even(service: VirtualService) -> VirtualService:
    servers = tuple(server._replace(weight=1) for server in service.real_servers)
    return service._replace(real_servers=servers)
