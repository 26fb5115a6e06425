"""Random valid settings of a table: timeouts, sync daemons, sysctls."""

from hypothesis import strategies as st

from lvs.model import Table, make_table
from lvs.settings import SyncDaemon, Sysctl, Timeouts
from tests.lvs.strategies import tables

seconds = st.one_of(st.just(0), st.integers(1, 2_147_483))
timeouts = st.builds(Timeouts, seconds, seconds, seconds)
daemons = st.builds(
    SyncDaemon,
    st.just("master"),
    st.sampled_from(["eth0", "bond0.7", "lo"]),
    st.integers(0, 255),
    st.integers(1024, 60_000),
    st.sampled_from(["224.0.0.81", "239.1.2.3", "ff02::81"]),
    st.integers(1, 65535),
    st.integers(1, 255),
)
sysctls = st.sampled_from([(), (Sysctl("expire_nodest_conn", "1"),)])


@st.composite
def syncs(draw):
    """None, or daemons of either role."""
    found = tuple(
        draw(daemons)._replace(role=role) for role in ("master", "backup") if draw(st.booleans())
    )
    return draw(st.sampled_from([None, found]))


@st.composite
def whole_tables(draw, min_services=0):
    """Tables that decide settings too. A sync daemon and mixed families exclude each other."""
    table = draw(tables(min_services=min_services))
    mixed = any(
        (":" in server.address) != (service.family == "inet6")
        for service in table.services
        for server in service.real_servers
    )
    sync = draw(st.sampled_from([None, ()])) if mixed else draw(syncs())
    return make_table(table.services, draw(timeouts), sync, draw(sysctls))


def without_settings(table: Table) -> Table:
    """The services alone."""
    return make_table(table.services)
