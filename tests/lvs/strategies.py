"""Random valid tables over the whole object model, for property tests here and in the lab."""

from hypothesis import strategies as st

from lvs.addresses import FULL_NETMASK, unpacked
from lvs.canonical_form import make_table
from lvs.model import RealServer, Table, VirtualService
from lvs.rules import SCHEDULERS, flags_of

LAB_SCHEDULERS = sorted(SCHEDULERS.keys() - {"twos"})
"""Those that Debian's user-mode-linux kernel 6.1 has as modules."""

MASKS = [str(unpacked(((0xFFFFFFFF << n) & 0xFFFFFFFF).to_bytes(4, "big"))) for n in range(33)]

ipv4 = st.tuples(st.integers(11, 223).filter(lambda n: n != 127), st.binary(min_size=3, max_size=3))
ipv4_addresses = ipv4.map(lambda t: unpacked(bytes([t[0]]) + t[1]))
ipv6_addresses = st.binary(min_size=8, max_size=8).map(
    lambda tail: unpacked(bytes.fromhex("fd00000000000000") + tail)
)
ports = st.integers(1, 65535)
weights = st.one_of(st.integers(0, 100), st.sampled_from([0, 1, 65535, 65536, 2**31 - 1]))
thresholds = st.one_of(
    st.just((0, 0)),
    st.lists(st.integers(1, 2**31 - 1), min_size=2, max_size=2).map(lambda p: (max(p), min(p))),
    st.integers(1, 100_000).map(lambda upper: (upper, 0)),
)


def addresses(family: str) -> st.SearchStrategy[str]:
    """Unicast addresses that are not local to any host."""
    return ipv6_addresses if family == "inet6" else ipv4_addresses


tunnels = st.one_of(
    st.just(("ipip", 0, "none")),
    st.tuples(st.just("gre"), st.just(0), st.sampled_from(["none", "csum"])),
    st.tuples(st.just("gue"), ports, st.sampled_from(["none", "csum", "remcsum"])),
)


@st.composite
def real_servers(draw: st.DrawFn, family: str, service_port: int, marked: bool) -> RealServer:
    """A real server that the rules accept in a service of this family and port, or firewall mark."""
    forwarding = draw(st.sampled_from(["masquerade", "direct", "tunnel"]))
    if forwarding == "tunnel":
        family = draw(st.sampled_from(["inet", "inet6"]))
    port = service_port
    if forwarding == "masquerade" or marked:
        port = draw(ports if service_port else st.integers(0, 65535))
    upper, lower = draw(thresholds)
    tunnel = draw(tunnels) if forwarding == "tunnel" else ("ipip", 0, "none")
    return RealServer(
        draw(addresses(family)), port, forwarding, draw(weights), upper, lower, *tunnel
    )


@st.composite
def services(
    draw: st.DrawFn, schedulers: list[str] | None = None, max_servers: int = 4
) -> VirtualService:
    """A service that the rules accept."""
    family = draw(st.sampled_from(["inet", "inet6"]))
    marked = draw(st.integers(0, 4)) == 0
    protocol = "" if marked else draw(st.sampled_from(["tcp", "udp", "sctp"]))
    persistence = draw(st.one_of(st.just(0), st.integers(1, 31 * 86400)))
    low = 0 if persistence else 1
    port = 0 if marked else draw(st.one_of(ports, st.integers(low, 3)))
    scheduler = draw(st.sampled_from(schedulers or sorted(SCHEDULERS)))
    netmask, engine = FULL_NETMASK[family], ""  # type: ignore[index]
    if persistence:
        netmask = draw(
            st.integers(1, 128).map(str) if family == "inet6" else st.sampled_from(MASKS)
        )
        engine = draw(st.sampled_from(["", "sip"])) if marked or protocol == "udp" else ""
    servers = draw(
        st.lists(
            real_servers(family, port, marked),
            max_size=max_servers,
            unique_by=lambda server: server.key,
        )
    )
    return VirtualService(
        family,  # type: ignore[arg-type]
        protocol,  # type: ignore[arg-type]
        "" if marked else draw(addresses(family)),
        port,
        draw(st.one_of(st.integers(1, 9), st.integers(1, 2**32 - 1))) if marked else 0,
        scheduler,
        tuple(draw(st.sets(st.sampled_from(flags_of(scheduler))))),
        persistence,
        netmask,
        engine,
        draw(st.booleans()) if marked or protocol == "udp" else False,
        tuple(servers),
    )


@st.composite
def tables(
    draw: st.DrawFn,
    schedulers: list[str] | None = None,
    max_services: int = 5,
    min_services: int = 0,
) -> Table:
    """A canonical table that the rules accept."""
    found = draw(
        st.lists(
            services(schedulers),
            min_size=min_services,
            max_size=max_services,
            unique_by=lambda service: service.key,
        )
    )
    return make_table(found)


@st.composite
def edited_tables(draw: st.DrawFn, schedulers: list[str] | None = None) -> tuple[Table, Table]:
    """Two tables, the second a plausible edit of the first: most identities stay."""
    before = draw(tables(schedulers))
    after = [draw(_edited(service)) for service in before.services if draw(st.integers(0, 3))]
    keys = {service.key for service in after}
    after += [s for s in draw(tables(schedulers, max_services=2)).services if s.key not in keys]
    return before, make_table(after)


@st.composite
def _edited(draw: st.DrawFn, service: VirtualService) -> VirtualService:
    servers = [
        server._replace(weight=draw(weights)) if draw(st.booleans()) else server
        for server in service.real_servers
        if draw(st.integers(0, 3))
    ]
    scheduler = draw(st.sampled_from([service.scheduler, "rr", "mh"]))
    flags = service.flags if scheduler == service.scheduler else ()
    return service._replace(scheduler=scheduler, flags=flags, real_servers=tuple(servers))
