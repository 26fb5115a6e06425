"""What a kernel would hold after the steps of a plan: dicts, with the kernel's own refusals."""

from lvs.addresses import family_of
from lvs.canonical_form import make_table
from lvs.model import RealServer, ServiceKey, Table, VirtualService
from lvs.plan import AnyStep, SettingStep, Step
from lvs.settings import SyncDaemon, Sysctl, Timeouts


class Simulation:
    """Services by key, real servers by key, settings; every step must meet what it expects."""

    def __init__(self, table: Table) -> None:
        self.services: dict[ServiceKey, VirtualService] = {}
        self.servers: dict[ServiceKey, dict[tuple[str, int], RealServer]] = {}
        for service in table.services:
            self.services[service.key] = service.settings
            self.servers[service.key] = {s.key: s for s in service.real_servers}
        self.timeouts = table.timeouts
        self.daemons = {daemon.role: daemon for daemon in table.sync or ()}
        self.sysctls = {sysctl.name: sysctl for sysctl in table.sysctls}
        self.threads = dict.fromkeys(self.daemons, self.ports)
        """How many ports each daemon had when it started."""

    @property
    def ports(self) -> str:
        """The number that a daemon reads as it starts."""
        sysctl = self.sysctls.get("sync_ports")
        return sysctl.value if sysctl else ""

    def take(self, step: AnyStep) -> None:
        """Do one step."""
        if isinstance(step, SettingStep):
            self._take_setting(step)
        else:
            self._take_service(step)

    def _take_service(self, step: Step) -> None:
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
            assert step.before == make_table(self._held()).by_key()[key]
            del self.services[key], self.servers[key]
        elif step.kind == "delete server":
            assert servers.pop(server.key) == step.before
            assert server.weight == 0, "deleted before it was drained"
        else:
            assert (server.key in servers) == (step.kind != "add server"), "EEXIST or ENOENT"
            assert servers.get(server.key) == step.before
            assert not (self.daemons and self._mixed(step.service, server)), "EINVAL"
            servers[server.key] = server

    def _take_setting(self, step: SettingStep) -> None:
        setting = step.setting
        if isinstance(setting, Timeouts):
            assert step.before == self.timeouts.only(setting.given)
            kept = zip(setting, self.timeouts, strict=True)
            self.timeouts = Timeouts(*(given or before for given, before in kept))
        elif isinstance(setting, Sysctl):
            assert step.before == self.sysctls.get(setting.name)
            self.sysctls[setting.name] = setting
        elif step.kind == "stop daemon":
            assert self.daemons.pop(setting.role) == setting, "ESRCH"
            del self.threads[setting.role]
        else:
            self._start(setting)

    def _start(self, daemon: SyncDaemon) -> None:
        assert daemon.role not in self.daemons, "EEXIST"
        for key, servers in self.servers.items():
            assert not any(self._mixed(self.services[key], s) for s in servers.values()), "EINVAL"
        # The kernel reads the number anew only when no daemon runs.
        self.threads[daemon.role] = next((self.threads[r] for r in self.daemons), self.ports)
        self.daemons[daemon.role] = daemon

    @staticmethod
    def _mixed(service: VirtualService, server: RealServer) -> bool:
        return family_of(server.address) != service.family

    def _held(self) -> list[VirtualService]:
        return [
            service._replace(real_servers=tuple(self.servers[key].values()))
            for key, service in self.services.items()
        ]

    def table(self) -> Table:
        """All that it holds."""
        return make_table(
            self._held(),
            self.timeouts,
            tuple(self.daemons.values()),
            tuple(self.sysctls.values()),
        )
