"""What draining and removing real servers means under this host's sysctls. Pure."""

from collections.abc import Iterator

from lvs.doctor.commands import sysctl
from lvs.doctor.finding import Finding, Level
from lvs.doctor.host import Host
from lvs.doctor.needs import ipvs_setting, some
from lvs.model import Table, VirtualService

_Judgement = tuple[Level, str, str]
"""Level, title, why."""


def judge_draining(host: Host, table: Table) -> Iterator[Finding]:
    """The three sysctls that decide it, then whether there are live rates to watch it by."""
    if not any(service.real_servers for service in table.services):
        return
    if not any(name.startswith("net/ipv4/vs/") for name in host.sysctls):
        why = "What becomes of connections to removed real servers depends on them."
        title = "They can't be read: IPVS is not loaded, or this is a user namespace"
        yield Finding("unknown", "drain.sysctls", "net.ipv4.vs.*", title, why)
        return
    yield from _setting(host, table, "expire_nodest_conn", _removal(table))
    yield from _setting(host, table, "expire_quiescent_template", _persistence(table))
    yield from _setting(host, table, "conn_reuse_mode", _reuse())
    yield from _setting(host, table, "run_estimation", _rates())


def _setting(host: Host, table: Table, name: str, when_off: _Judgement) -> Iterator[Finding]:
    """Each of them is as one may wish unless it is 0."""
    value, decided = ipvs_setting(host, table, name)
    code, subject = f"drain.{name}", f"net.ipv4.vs.{name}"
    if value is None:
        why = "The IPVS of this kernel may be too old to have it."
        yield Finding("unknown", code, subject, "It can't be read", why)
    elif value:
        yield Finding("ok", code, subject, f"It is {value}: {_WHEN_ON[name]}")
    else:
        level, title, why = when_off
        decides = " The table itself sets it." if decided and level != "ok" else ""
        mend = "" if decided or level == "ok" else sysctl(f"net/ipv4/vs/{name}", 1)
        yield Finding(level, code, subject, f"It is 0: {title}", why + decides, mend)


_WHEN_ON = {
    "expire_nodest_conn": "connections of a removed real server end at once",
    "expire_quiescent_template": "clients that stick to a drained real server go to another",
    "conn_reuse_mode": "a new connection from a known source port is scheduled anew",
    "run_estimation": "there are live rates",
}


def _removal(table: Table) -> _Judgement:
    udp = [service for service in table.services if service.protocol == "udp"]
    title = "packets of a removed real server's connections are dropped in silence"
    if udp:
        why = (
            f"A client of {some(udp, 1)} that keeps its source port is dropped for as long as it keeps "
            "sending."
        )
        return "warning", title, why
    return "ok", "drain a real server before it is removed", f"Else {title}."


def _persistence(table: Table) -> _Judgement:
    sticky: list[VirtualService] = [s for s in table.services if s.persistence]
    title = "a client that sticks to a drained real server keeps coming back to it"
    if sticky:
        longest = max(service.persistence for service in sticky)
        why = (
            f"{some(sticky, 1)}: weight 0 doesn't drain it of clients that come again within {longest} "
            "seconds."
        )
        return "warning", title, why
    return "ok", "no service of the table is persistent", f"With one, {title}."


def _reuse() -> _Judgement:
    title = "a reused source port goes to its old real server, even a drained one"
    why = "Draining doesn't end while busy clients, such as proxies, use their ports again."
    return "warning", title, why


def _rates() -> _Judgement:
    return "warning", "there are no live rates", "The kernel adds up no counters and no rates."
