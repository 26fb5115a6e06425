"""From the end of a plan back to its beginning: the table that the steps start from. Pure."""

from collections.abc import Iterable

from lvs.canonical_form import make_table
from lvs.model import RealServer, ServiceKey, Table, VirtualService
from lvs.plan import AnyStep, SettingStep, Step
from lvs.settings import SyncDaemon, Sysctl, Timeouts

Servers = dict[tuple[str, int], RealServer]


def start_of(desired: Table, steps: Iterable[AnyStep]) -> Table:
    """The table from which these steps, made by `make_plan`, lead to `desired`.

    Of settings it holds those that `desired` decides; one whose value the plan didn't know is left out.
    Raises KeyError when the steps don't lead there.
    """
    going_back = _GoingBack(desired)
    for step in reversed(tuple(steps)):
        if isinstance(step, SettingStep):
            going_back.undo_setting(step)
        else:
            going_back.undo(step)
    return going_back.table()


class _GoingBack:
    def __init__(self, table: Table) -> None:
        self._services: dict[ServiceKey, VirtualService] = {}
        self._servers: dict[ServiceKey, Servers] = {}
        for service in table.services:
            self._put(service)
        self._timeouts = table.timeouts
        self._sync = None if table.sync is None else {daemon.role: daemon for daemon in table.sync}
        self._sysctls = {sysctl.name: sysctl for sysctl in table.sysctls}

    def _put(self, service: VirtualService) -> None:
        self._services[service.key] = service.settings
        self._servers[service.key] = {server.key: server for server in service.real_servers}

    def undo(self, step: Step) -> None:
        key, server, before = step.service.key, step.server, step.before
        if step.kind == "add service":
            del self._services[key], self._servers[key]
        elif step.kind == "add server" and server is not None:
            del self._servers[key][server.key]
        elif isinstance(before, VirtualService):
            if step.kind == "edit service":
                self._services[key] = before.settings
            else:
                self._put(before)
        elif before is not None:
            self._servers[key][before.key] = before

    def undo_setting(self, step: SettingStep) -> None:
        setting, before = step.setting, step.before
        if isinstance(setting, Timeouts):
            known = before if isinstance(before, Timeouts) else Timeouts()
            was = self._timeouts._asdict() | {name: getattr(known, name) for name in setting.given}
            self._timeouts = Timeouts(**was)
        elif isinstance(setting, Sysctl):
            self._sysctls.pop(setting.name)
            if isinstance(before, Sysctl):
                self._sysctls[before.name] = before
        elif isinstance(setting, SyncDaemon):
            running = self._sync or {}
            running.pop(setting.role, None)
            if step.kind == "stop daemon":
                running[setting.role] = setting
            self._sync = running

    def table(self) -> Table:
        services = (
            service._replace(real_servers=tuple(self._servers[key].values()))
            for key, service in self._services.items()
        )
        sync = None if self._sync is None else tuple(self._sync.values())
        return make_table(services, self._timeouts, sync, tuple(self._sysctls.values()))
