"""What a kernel would hold after the steps of a plan: a dict, with the kernel's own refusals."""

from lvs.model import RealServer, ServiceKey, Table, VirtualService, make_table
from lvs.plan import Step


class Simulation:
    """Services by key, real servers by key; every step must meet what it expects."""

    def __init__(self, table: Table) -> None:
        self.services: dict[ServiceKey, VirtualService] = {}
        self.servers: dict[ServiceKey, dict[tuple[str, int], RealServer]] = {}
        for service in table.services:
            self.services[service.key] = service.settings
            self.servers[service.key] = {s.key: s for s in service.real_servers}

    def take(self, step: Step) -> None:
        key, server = step.service.key, step.server
        if step.kind == "add service":
            assert key not in self.services, "EEXIST"
            self.services[key], self.servers[key] = step.service, {}
            return
        assert key in self.services, "ESRCH"
        servers = self.servers[key]
        if step.kind == "edit service":
            assert step.before == self.services[key]
            self.services[key] = step.service
        elif step.kind == "delete service":
            assert step.before == self.table().by_key()[key]
            del self.services[key], self.servers[key]
        elif step.kind == "add server":
            assert server.key not in servers, "EEXIST"
            servers[server.key] = server
        else:
            assert servers[server.key] == step.before
            servers[server.key] = server
            if step.kind == "delete server":
                assert server.weight == 0, "deleted before it was drained"
                del servers[server.key]

    def table(self) -> Table:
        return make_table(
            service._replace(real_servers=tuple(self.servers[key].values()))
            for key, service in self.services.items()
        )
