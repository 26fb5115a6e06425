"""Random valid settings of a director, and tables that hold services and settings."""

from hypothesis import strategies as st

from lvs.addresses import family_of
from lvs.canonical_form import make_table
from lvs.model import Table, VirtualService
from lvs.rules.settings import MAX_TIMEOUT
from lvs.rules.sysctls import MAX_INT, SWITCHED_BY_THE_KERNEL, SYSCTLS
from lvs.settings import SyncDaemon, Sysctl, Timeouts, default_maxlen
from tests.lvs.strategies import edited_tables, services

INTERFACES = ("eth0", "bond0.12", "br-front")
GROUPS = ("224.0.0.81", "239.1.2.3", "232.0.0.1", "ff02::81", "ff05::1:3")

seconds = st.one_of(st.sampled_from([0, 1, MAX_TIMEOUT]), st.integers(1, 100_000))
timeouts = st.one_of(st.just(Timeouts()), st.builds(Timeouts, seconds, seconds, seconds))


def daemons(role: str, interfaces: tuple[str, ...]) -> st.SearchStrategy[SyncDaemon]:
    """A sync daemon that the rules accept. Its last port leaves room for four threads."""

    def of_group(group: str) -> st.SearchStrategy[SyncDaemon]:
        most = 65535 - (1500 - default_maxlen(group))
        least = 1024 if role == "backup" else 1
        return st.builds(
            SyncDaemon,
            st.just(role),
            st.sampled_from(interfaces),
            st.integers(0, 255),
            st.one_of(st.just(0), st.sampled_from([least, most]), st.integers(least, most)),
            st.just(group),
            st.one_of(st.just(8848), st.integers(1024, 65532)),
            st.integers(1, 255),
        )

    return st.sampled_from(GROUPS).flatmap(of_group)


def syncs(
    interfaces: tuple[str, ...],
) -> st.SearchStrategy[tuple[SyncDaemon, ...] | None]:
    """Not decided, none, a master, a backup, or both."""
    master, backup = daemons("master", interfaces), daemons("backup", interfaces)
    return st.one_of(
        st.none(),
        st.just(()),
        st.tuples(master),
        st.tuples(backup),
        st.tuples(master, backup),
    )


def _values(name: str) -> st.SearchStrategy[str]:
    knob = SYSCTLS[name]
    if name == "sync_ports":
        return st.sampled_from(["1", "2", "4"])
    if name == "sync_threshold":
        first = st.integers(0, 1000)
        return st.tuples(first, st.integers(1, 1000)).map(lambda two: f"{two[0]} {sum(two)}")
    if name in SWITCHED_BY_THE_KERNEL:
        return st.sampled_from(["0", "1", "3"])
    whole = st.integers(knob.low, knob.high) if knob.high < MAX_INT else st.integers(0, 100_000)
    return st.one_of(whole, st.sampled_from([knob.low, knob.high])).map(str)


@st.composite
def sysctls(draw: st.DrawFn) -> tuple[Sysctl, ...]:
    """Some sysctls with values that the rules accept."""
    names = draw(st.sets(st.sampled_from(sorted(SYSCTLS)), max_size=4))
    return tuple(Sysctl(name, draw(_values(name))) for name in sorted(names))


def _of_one_family(service: VirtualService) -> VirtualService:
    servers = service.real_servers
    return service._replace(
        real_servers=tuple(s for s in servers if family_of(s.address) == service.family)
    )


def with_settings(
    table: Table,
    settings: tuple[Timeouts, tuple[SyncDaemon, ...] | None, tuple[Sysctl, ...]],
) -> Table:
    """The table with these settings; beside a daemon without real servers of the other family."""
    kept = map(_of_one_family, table.services) if settings[1] else table.services
    return make_table(kept, *settings)


def settings(
    interfaces: tuple[str, ...] = INTERFACES,
) -> st.SearchStrategy[tuple[Timeouts, tuple[SyncDaemon, ...] | None, tuple[Sysctl, ...]]]:
    """The three kinds, each perhaps not decided at all."""
    return st.tuples(timeouts, syncs(interfaces), sysctls())


def full_tables(
    schedulers: list[str] | None = None, min_services: int = 0
) -> st.SearchStrategy[Table]:
    """A canonical table over the full object model."""
    few = st.lists(
        services(schedulers), min_size=min_services, max_size=3, unique_by=lambda s: s.key
    )
    return st.builds(with_settings, few.map(make_table), settings())


@st.composite
def full_pairs(
    draw: st.DrawFn,
    schedulers: list[str] | None = None,
    interfaces: tuple[str, ...] = INTERFACES,
) -> tuple[Table, Table]:
    """Two tables over the full object model, the second a plausible edit of the first."""
    before, after = draw(edited_tables(schedulers))
    first, second = draw(settings(interfaces)), draw(settings(interfaces))
    timeouts, sync, sysctls = (
        old if draw(st.integers(0, 2)) == 0 else new for old, new in zip(first, second, strict=True)
    )
    current = with_settings(before, first)
    desired = with_settings(after, (timeouts, sync, sysctls))
    if sync is None and current.sync:  # a daemon that runs on stands in the way as well
        desired = with_settings(after, (timeouts, current.sync, sysctls))._replace(sync=None)
    return current, desired


def everything(table: Table) -> Table:
    """What a director that holds the table reads: what is not decided is as the kernel has it."""
    told = {s.name: s for s in table.sysctls}
    default = {name: Sysctl(name, knob.default or "4096") for name, knob in SYSCTLS.items()}
    timeouts = (given or left for given, left in zip(table.timeouts, (900, 120, 300), strict=True))
    return make_table(
        table.services, Timeouts(*timeouts), table.sync or (), tuple((default | told).values())
    )
