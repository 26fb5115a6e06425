"""One connection or persistence template, decoded. Pure."""

from functools import lru_cache
from typing import Any, NamedTuple

from lvs.addresses import Family, endpoint, packed, unpacked
from lvs.connections.lines import (
    CLIENT,
    CLIENT_PORT,
    ENGINE,
    ENGINE_DATA,
    EXPIRES,
    ORIGIN,
    PROTOCOL,
    SERVER,
    SERVER_PORT,
    SERVICE,
    SERVICE_PORT,
    STATE,
    Fields,
    is_template,
)

GIVEN_UP = 0xFFFF
"""The server port of a template that the kernel has given up: `ip_vs_check_template`."""


class Connection(NamedTuple):
    """A line of the kernel's list. Of a template, ports are 0 where it holds for all of them."""

    template: bool
    protocol: str
    """`tcp`, `udp`, `sctp`, …; "" for a firewall mark's template, which holds for all."""
    client: str
    """Of a template: the client's network by the service's netmask, without the mask."""
    client_port: int
    service: str
    """The virtual address; "" for a firewall mark's template."""
    service_port: int
    fwmark: int
    """Of a firewall mark's template; 0 for all others, connections by a mark too."""
    server: str
    server_port: int
    state: str
    seconds: int
    """Until the kernel forgets it, unless a packet comes."""
    origin: str
    """`local`, or `sync` when it came from another director; "" where the list doesn't say."""
    engine: str
    engine_data: str
    """What the persistence engine goes by: for sip the Call-ID, which a client chose."""

    @property
    def given_up(self) -> bool:
        """A template whose real server was not usable when last asked for: it is not used again."""
        return self.template and self.server_port == GIVEN_UP

    @property
    def target(self) -> str:
        """What the client connected to: `tcp 192.0.2.1:80`, or `fwmark 7`."""
        if self.fwmark:
            return f"fwmark {self.fwmark}" + (" ipv6" if ":" in self.client else "")
        if self.given_up and self.service_port == GIVEN_UP:  # Linux 6.1 wipes this port too
            return f"{self.protocol} {self.service}"
        return f"{self.protocol} {endpoint(self.service, self.service_port)}"

    @property
    def server_name(self) -> str:
        """`192.0.2.9:80`; without the port where the kernel wiped it."""
        return self.server if self.given_up else endpoint(self.server, self.server_port)


def raw_address(address: str) -> bytes:
    """An address as the kernel's list writes it."""
    text = packed(address).hex()
    if len(text) == 8:
        return text.upper().encode()
    return ":".join(text[start : start + 4] for start in range(0, 32, 4)).encode()


def raw_mark(mark: int, family: Family) -> bytes:
    """A firewall mark as the kernel's list writes it in a template, in the place of the address."""
    digits = f"{mark:08X}"
    if family == "inet":
        return digits.encode()
    return f"{digits[:4]}:{digits[4:]}{':0000' * 6}".lower().encode()


def address_bytes(raw: bytes) -> bytes:
    """The inverse of `raw_address`, in network byte order."""
    return bytes.fromhex(raw.replace(b":", b"").decode())


@lru_cache(maxsize=256)
def protocol_name(raw: bytes) -> str:
    """`tcp` of TCP; `protocol-50` of the kernel's IP_50; "" of IP, which stands for a mark."""
    name = raw.decode().lower()
    if name == "ip":
        return ""
    return name.replace("ip_", "protocol-", 1) if name.startswith("ip_") else name


@lru_cache(maxsize=8192)
def _common_address(raw: bytes) -> str:
    """The address as people write it: of services and real servers, which come again and again."""
    return unpacked(address_bytes(raw))


def decode(fields: Fields) -> Connection:
    """The connection that a line's fields describe."""
    protocol = protocol_name(fields[PROTOCOL])
    service = fields[SERVICE]
    engine = fields[ENGINE]
    return Connection(
        is_template(fields),
        protocol,
        unpacked(address_bytes(fields[CLIENT])),
        int(fields[CLIENT_PORT], 16),
        _common_address(service) if protocol else "",
        int(fields[SERVICE_PORT], 16),
        0 if protocol else int.from_bytes(address_bytes(service)[:4], "big"),
        _common_address(fields[SERVER]),
        int(fields[SERVER_PORT], 16),
        fields[STATE].decode(),
        int(fields[EXPIRES]),
        fields[ORIGIN].decode().lower(),
        printable(engine) if engine else "",
        printable(fields[ENGINE_DATA]) if engine else "",
    )


def printable(raw: bytes) -> str:
    """Bytes that a stranger may have chosen, as text that moves no terminal's cursor."""
    text = raw.decode(errors="backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def to_document(row: Connection) -> dict[str, Any]:
    """The row as a JSON object; `origin` and `engine` only where there is one."""
    family = "inet6" if ":" in row.client else "inet"
    target: dict[str, Any] = {"fwmark": row.fwmark, "family": family}
    if not row.fwmark:
        target = {"protocol": row.protocol, "address": row.service, "port": row.service_port}
    document: dict[str, Any] = {
        "kind": "template" if row.template else "connection",
        "client": {"address": row.client, "port": row.client_port},
        "service": target,
        "server": {"address": row.server, "port": row.server_port},
        "state": row.state,
        "seconds": row.seconds,
    }
    if row.origin:
        document["origin"] = row.origin
    if row.engine:
        document["engine"] = {"name": row.engine, "data": row.engine_data}
    return document
