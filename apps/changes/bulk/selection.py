"""Which services and real servers of a table are meant."""

from dataclasses import dataclass

from lvs.model import RealServer, ServiceKey, Table, VirtualService
from lvs.rules import Problem
from lvs.rules.values import canonical_or_none


@dataclass(frozen=True)
class Selection:
    """Services, and of these all real servers or those with one address."""

    keys: frozenset[ServiceKey] = frozenset()
    """These services; means nothing with `every`."""
    every: bool = False
    """All services in whose text, or in a real server's, `text` stands."""
    text: str = ""
    server: str = ""
    """Only real servers with this address (`192.0.2.1`), or address and port (`192.0.2.1:80`), and only
    services that have one; "" = all of them."""

    def services_of(self, table: Table) -> list[VirtualService]:
        """The services that are meant, in the table's order."""
        return [service for service in table.services if self._means(service)]

    def means(self, server: RealServer) -> bool:
        """Whether this real server is meant, in a service that is."""
        if not self.server:
            return True
        wanted = canonical_or_none(self.server) or self.server.strip()
        return wanted in (server.address, str(server))

    def problems(self) -> list[Problem]:
        """What is wrong with the selection itself."""
        if self.every or self.keys:
            return []
        message = "Choose at least one service, or all of them."
        return [Problem(("keys",), "selection.empty", message)]

    def _means(self, service: VirtualService) -> bool:
        chosen = matches(service, self.text) if self.every else service.key in self.keys
        return chosen and (not self.server or any(map(self.means, service.real_servers)))


def matches(service: VirtualService, text: str) -> bool:
    """Whether the text stands in the service's name or in one of its real servers'."""
    return text in str(service) or any(text in str(server) for server in service.real_servers)
