"""What can be done to many services at once."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from apps.changes.bulk.selection import Selection
from lvs.model import Forwarding, RealServer, VirtualService
from lvs.rules import SCHEDULERS, Problem, flags_of, spare_flags_of
from lvs.rules.values import check_address

HIGHEST_PERCENT = 10_000


class Edit(ABC):
    """One way to edit a service that is selected."""

    @abstractmethod
    def of(self, service: VirtualService, selection: Selection) -> VirtualService | None:
        """The service as it is after; None = it is gone."""

    def problems(self, selection: Selection) -> list[Problem]:
        """What is wrong with the edit itself; paths are its fields."""
        return []


@dataclass(frozen=True)
class SetWeight(Edit):
    """Another weight; 0 drains: no new connections."""

    weight: int

    def of(self, service: VirtualService, selection: Selection) -> VirtualService:
        """Every selected real server with the weight."""
        return _each(service, selection, lambda server: server._replace(weight=self.weight))


@dataclass(frozen=True)
class ScaleWeight(Edit):
    """A percentage of the weight that each has. One above 0 stays above 0, unless the percentage is 0."""

    percent: int

    def of(self, service: VirtualService, selection: Selection) -> VirtualService:
        """Every selected real server with its new weight, rounded to a whole number, halves up."""
        return _each(
            service, selection, lambda server: server._replace(weight=self._scaled(server))
        )

    def problems(self, selection: Selection) -> list[Problem]:
        """The percentage has bounds."""
        if 0 <= self.percent <= HIGHEST_PERCENT:
            return []
        message = f"The percentage must be from 0 to {HIGHEST_PERCENT}, not {self.percent}."
        return [Problem(("percent",), "percent.range", message)]

    def _scaled(self, server: RealServer) -> int:
        weight = (server.weight * self.percent + 50) // 100
        return max(weight, 1) if server.weight and self.percent else weight


@dataclass(frozen=True)
class SetForwarding(Edit):
    """Another forwarding method. What is no tunnel loses its tunnel's settings."""

    forwarding: Forwarding

    def of(self, service: VirtualService, selection: Selection) -> VirtualService:
        """Every selected real server with the method."""
        return _each(service, selection, lambda server: server._replace(forwarding=self.forwarding))


@dataclass(frozen=True)
class SetScheduler(Edit):
    """Another scheduler. Flags that it does not have are dropped."""

    scheduler: str

    def of(self, service: VirtualService, selection: Selection) -> VirtualService:
        """The service with the scheduler."""
        known = {*flags_of(self.scheduler), *spare_flags_of(self.scheduler)}
        flags = tuple(flag for flag in service.flags if flag in known)
        return service._replace(scheduler=self.scheduler, flags=flags)

    def problems(self, selection: Selection) -> list[Problem]:
        """It must be one that there is."""
        if self.scheduler in SCHEDULERS:
            return []
        return [Problem(("scheduler",), "scheduler.unknown", "Choose a scheduler.")]


@dataclass(frozen=True)
class RemoveServers(Edit):
    """Real servers taken out."""

    def of(self, service: VirtualService, selection: Selection) -> VirtualService:
        """The service without the selected real servers."""
        kept = tuple(s for s in service.real_servers if not selection.means(s))
        return service._replace(real_servers=kept)

    def problems(self, selection: Selection) -> list[Problem]:
        """It must be said which: nobody wants services without any."""
        if selection.server.strip():
            return []
        message = "Say which real server is to be removed: its address, or address and port."
        return [Problem(("server",), "server.missing", message)]


@dataclass(frozen=True)
class AddServer(Edit):
    """A real server more in each service, where it isn't there yet."""

    server: RealServer
    own_port: bool = False
    """Whether it takes the port of each service in the place of its own."""

    def of(self, service: VirtualService, selection: Selection) -> VirtualService:
        """The service with the real server behind those that it has."""
        server = self.server._replace(port=service.port) if self.own_port else self.server
        if server.key in {held.key for held in service.real_servers}:
            return service
        return service._replace(real_servers=(*service.real_servers, server))

    def problems(self, selection: Selection) -> list[Problem]:
        """Its address must be one; all else is looked at in its service."""
        return list(check_address(self.server.address, "real server"))


@dataclass(frozen=True)
class RemoveServices(Edit):
    """Services taken out, with their real servers."""

    def of(self, service: VirtualService, selection: Selection) -> None:
        """Nothing is left of it."""


def _each(
    service: VirtualService, selection: Selection, change: Callable[[RealServer], RealServer]
) -> VirtualService:
    servers = (change(s) if selection.means(s) else s for s in service.real_servers)
    return service._replace(real_servers=tuple(servers))
