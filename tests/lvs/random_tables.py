"""Large random tables from a seed: more than hypothesis likes to draw, for the lab and for timing."""

from random import Random

from lvs.addresses import FULL_NETMASK, Family, unpacked
from lvs.canonical_form import make_table
from lvs.model import RealServer, Table, VirtualService
from lvs.rules import flags_of
from tests.lvs.strategies import LAB_SCHEDULERS, MASKS

TUNNELS = [
    ("ipip", 0, "none"),
    ("gre", 0, "none"),
    ("gre", 0, "csum"),
    ("gue", 6080, "none"),
    ("gue", 6080, "csum"),
    ("gue", 6080, "remcsum"),
]


def random_table(seed: int, services: int, max_servers: int = 5) -> Table:
    """A valid canonical table of so many services, over the whole object model."""
    random = Random(seed)
    found: dict[object, VirtualService] = {}
    while len(found) < services:
        service = _service(random, max_servers)
        found[service.key] = service
    return make_table(found.values())


def _address(random: Random, family: Family) -> str:
    if family == "inet6":
        return unpacked(bytes.fromhex("fd00000000000099") + random.randbytes(8))
    return unpacked(bytes([random.choice([11, 100, 172, 198])]) + random.randbytes(3))


def _service(random: Random, max_servers: int) -> VirtualService:
    family: Family = random.choice(["inet", "inet6"])
    marked = random.random() < 0.15
    protocol = "" if marked else random.choice(["tcp", "udp", "sctp"])
    persistence = random.choice([0, 0, 1, 300, 2678400])
    port = 0 if marked else random.choice([0, 80, 443] if persistence else [80, 443, 65535])
    scheduler = random.choice(LAB_SCHEDULERS)
    masks = [FULL_NETMASK[family], "64", "1"] if family == "inet6" else MASKS
    datagrams = marked or protocol == "udp"
    servers = [_server(random, family, port) for _ in range(random.randint(0, max_servers))]
    return VirtualService(
        family,
        protocol,  # type: ignore[arg-type]
        "" if marked else _address(random, family),
        port,
        random.randint(1, 2**32 - 1) if marked else 0,
        scheduler,
        tuple(flag for flag in flags_of(scheduler) if random.random() < 0.3),
        persistence,
        random.choice(masks) if persistence else FULL_NETMASK[family],
        random.choice(["", "sip"]) if persistence and datagrams else "",
        datagrams and random.random() < 0.5,
        tuple({server.key: server for server in servers}.values()),
    )


def _server(random: Random, family: Family, port: int) -> RealServer:
    forwarding = random.choice(["masquerade", "direct", "tunnel"])
    if forwarding == "tunnel":
        family = random.choice(["inet", "inet6"])
    if forwarding == "masquerade":
        port = random.choice([port, 8080, 9090])
    upper = random.choice([0, 0, 1, 1000, 2**31 - 1])
    return RealServer(
        _address(random, family),
        port,
        forwarding,  # type: ignore[arg-type]
        random.choice([0, 1, 100, 65535, 2**31 - 1]),
        upper,
        random.choice([0, upper // 2]),
        *(random.choice(TUNNELS) if forwarding == "tunnel" else TUNNELS[0]),  # type: ignore[arg-type]
    )
