"""A `virtual_server` block and one of its targets → the service that keepalived makes of them."""

from lvs.addresses import FULL_NETMASK, Family, family_of
from lvs.formats.keepalived_server import DEFAULT_PERSISTENCE, Block, Server
from lvs.formats.keepalived_targets import Target
from lvs.formats.place import Place, Remarks
from lvs.model import Protocol, RealServer, VirtualService


class Mender:
    """Makes the services of one block, mending as keepalived does; says each thing once."""

    def __init__(self, block: Block, remarks: Remarks) -> None:
        self._block = block
        self._remarks = remarks
        self._said: set[tuple[Place, str]] = set()

    def service(self, target: Target) -> VirtualService:
        """The service of one target."""
        block = self._block
        marked = target.fwmark > 0
        persistence = self._persistence(target)
        family = self._family(target) if marked else family_of(target.address)
        protocol = "" if marked else block.protocol or self._without_protocol()
        return VirtualService(
            family,
            protocol,  # type: ignore[arg-type]  # one of the choices
            target.address,
            target.port,
            target.fwmark,
            block.scheduler,
            block.flags,
            persistence,
            block.netmask or FULL_NETMASK[family],
            block.engine if persistence else "",
            self._one_packet(protocol, marked),
            tuple(self._server(target, server) for server in block.servers),
        )

    def _warn(self, place: Place, message: str) -> None:
        if (place, message) not in self._said:
            self._said.add((place, message))
            self._remarks.warn(place, message)

    def _without_protocol(self) -> Protocol:
        self._warn(self._block.place, "no protocol is given, and keepalived takes UDP then")
        return "udp"

    def _persistence(self, target: Target) -> int:
        block = self._block
        if block.persistence:
            return block.persistence
        why = "port 0" if not target.fwmark and target.port == 0 else ""
        why = why or ("persistence_granularity" if block.netmask else "")
        if why:
            seconds = f"keepalived takes {DEFAULT_PERSISTENCE} s"
            self._warn(block.place, f"{why} without persistence_timeout: {seconds}")
            return DEFAULT_PERSISTENCE
        if block.engine:
            place = block.places["persistence_engine"]
            self._warn(place, "no persistence_timeout is given: the engine has no effect")
        return 0

    def _one_packet(self, protocol: str, marked: bool) -> bool:
        block = self._block
        if block.one_packet and protocol != "udp" and not marked:
            self._warn(block.places["one_packet"], "ops works for UDP only: keepalived drops it")
            return False
        return block.one_packet

    def _family(self, target: Target) -> Family:
        """Of a firewall mark: as it is said, or as its real servers are where packets are not tunnelled."""
        block = self._block
        said = target.family or block.family
        if not said and block.netmask:
            said = "inet" if "." in block.netmask else "inet6"
        if said:
            return "inet6" if said == "inet6" else "inet"
        families = {family_of(server.address) for server in block.servers}
        return families.pop() if len(families) == 1 else "inet"

    def _server(self, target: Target, server: Server) -> RealServer:
        method = server.method or self._block.method
        port = server.port
        if method.forwarding == "masquerade":
            port = port or target.port
        elif port not in (0, target.port):
            to = target.port if not target.fwmark else 0
            message = f"port {port} without NAT: keepalived takes {to}, as packets keep their port"
            self._warn(server.place, message)
            port = target.port
        else:
            port = target.port
        weight = self._block.weight if server.weight is None else server.weight
        settings = (weight, server.upper, server.lower)
        forwarding, *tunnel = method
        return RealServer(server.address, port, forwarding, *settings, *tunnel)  # type: ignore[arg-type]
