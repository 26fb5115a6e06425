"""Does this kernel have what the table needs: IPVS, its schedulers, engines, protocols, IPv6? Pure."""

from collections.abc import Iterator
from typing import Literal

from lvs.doctor.commands import sysctl
from lvs.doctor.finding import Finding, Level
from lvs.doctor.host import Host, Modules
from lvs.doctor.needs import families, some
from lvs.model import Table, VirtualService

State = Literal["loaded", "built in", "loadable", "missing", "unknown"]

_NOT_BEFORE_RESTART = "kernel.modules_disabled is 1, so it can't be loaded before a restart"


def judge_kernel(host: Host, table: Table) -> Iterator[Finding]:
    """The right, IPVS itself, then each part of it that the table uses."""
    yield _right(host)
    yield _ipvs(host)
    yield from _parts(host, table)
    yield from _protocols(host, table)
    if "inet6" in families(table):
        yield _ipv6(host, table)


def judge_parts(modules: Modules, table: Table) -> Iterator[Finding]:
    """The schedulers and engines that the table uses, judged by the kernel's lists of modules alone."""
    return _parts(Host(modules=modules), table)


def module_state(host: Host, module: str) -> State:
    """Where the kernel has a module; its build says so where its lists of modules can't be read."""
    modules = host.modules
    option = (host.config or {}).get(module.upper(), "")
    if module in modules.loaded:
        return "loaded"
    if module in modules.builtin or option == "y":
        return "built in"
    if module in modules.loadable:
        return "loadable"
    return "missing" if modules.known or (host.config is not None and not option) else "unknown"


def was_built_with(host: Host, option: str) -> bool | None:
    """Whether the kernel was, of an option without its `CONFIG_`; None = not known."""
    return None if host.config is None else option in host.config


def _right(host: Host) -> Finding:
    code, subject = "kernel.right", "CAP_NET_ADMIN"
    if host.may_admin:
        return Finding("ok", code, subject, "This process may use IPVS")
    return Finding(
        "wrong",
        code,
        subject,
        "This process may not use IPVS",
        "The kernel lets nobody read or change IPVS without this right: run this as root of the host. "
        "Root of a container with a user namespace of its own does not have it.",
    )


def _ipvs(host: Host) -> Finding:
    code, subject = "kernel.ipvs", "ip_vs"
    state = "loaded" if host.held is not None else module_state(host, "ip_vs")
    if state in ("loaded", "built in"):
        return Finding("ok", code, subject, f"IPVS is {state}")
    if state == "missing" or host.modules.locked:
        why = (
            "Boot a kernel that has CONFIG_IP_VS, or install the package with its further modules."
        )
        if host.modules.locked:
            why = f"{_NOT_BEFORE_RESTART}: name it in /etc/modules-load.d and restart."
        return Finding("wrong", code, subject, "This kernel has no IPVS", why)
    level: Level = "warning" if state == "loadable" else "wrong"
    why = "Until it is loaded nothing is balanced, and its sysctls are not there."
    return Finding(level, code, subject, "IPVS is not loaded", why, "modprobe ip_vs")


def _parts(host: Host, table: Table) -> Iterator[Finding]:
    yield from _schedulers(host, table)
    yield from _engines(host, table)


def _schedulers(host: Host, table: Table) -> Iterator[Finding]:
    users: dict[str, list[VirtualService]] = {}
    for service in table.services:
        users.setdefault(service.scheduler, []).append(service)
    for name, services in users.items():
        yield _part(host, "kernel.scheduler", f"scheduler {name}", f"ip_vs_{name}", services)


def _engines(host: Host, table: Table) -> Iterator[Finding]:
    users: dict[str, list[VirtualService]] = {}
    for service in table.services:
        if service.persistence_engine:
            users.setdefault(service.persistence_engine, []).append(service)
    for name, services in users.items():
        subject = f"persistence engine {name}"
        yield _part(host, "kernel.engine", subject, f"ip_vs_pe_{name}", services)


def _part(
    host: Host, code: str, subject: str, module: str, services: list[VirtualService]
) -> Finding:
    """A scheduler or engine: the kernel loads it itself when the first service asks for it."""
    state = module_state(host, module)
    needed = f"{some(services, 2)} can't be made without it"
    if state == "loadable" and host.modules.locked:
        why = f"{needed}, and {_NOT_BEFORE_RESTART}."
        return Finding("wrong", code, subject, f"{module} is not loaded", why)
    if state == "loadable" and host.modules.by_hand:
        why = f"{needed}, and this kernel loads no module by itself (kernel.modprobe is empty)."
        return Finding("wrong", code, subject, f"{module} is not loaded", why, f"modprobe {module}")
    if state == "missing":
        why = f"{needed}: choose another one, or a kernel with CONFIG_{module.upper()}."
        return Finding("wrong", code, subject, f"This kernel has no {module}", why)
    if state == "unknown":
        why = f"{needed}, and neither the modules of this kernel nor its build can be read here."
        return Finding("unknown", code, subject, "Not known whether it is there", why)
    note = ", and loads when it is first used" if state == "loadable" else ""
    return Finding("ok", code, subject, f"It is {state}{note}")


def _protocols(host: Host, table: Table) -> Iterator[Finding]:
    for protocol in dict.fromkeys(s.protocol for s in table.services if s.protocol):
        yield _protocol(host, protocol)


def _protocol(host: Host, protocol: str) -> Finding:
    """A kernel names its timeout for TCP and UDP only where it balances them (`ip_vs_genl_get_cmd`)."""
    option = f"IP_VS_PROTO_{protocol.upper()}"
    compiled = was_built_with(host, option)
    if host.held is not None and protocol in ("tcp", "udp"):
        compiled = bool(getattr(host.held.timeouts, protocol))
    return _compiled(host, "kernel.protocol", protocol.upper(), option, compiled)


def _ipv6(host: Host, table: Table) -> Finding:
    code, subject = "kernel.ipv6", "IPv6"
    off = host.number("net/ipv6/conf/all/disable_ipv6")
    if off is None:
        why = "The table has IPv6 addresses: boot without ipv6.disable=1, or take another kernel."
        return Finding("wrong", code, subject, "This kernel runs without IPv6", why)
    if off:
        mend = sysctl("net/ipv6/conf/all/disable_ipv6", 0)
        why = "The table has IPv6 addresses, and no interface has one here."
        return Finding("wrong", code, subject, "IPv6 is switched off", why, mend)
    compiled = was_built_with(host, "IP_VS_IPV6")
    if host.held is not None and "inet6" in families(host.held):
        compiled = True
    return _compiled(host, code, subject, "IP_VS_IPV6", compiled)


def _compiled(host: Host, code: str, subject: str, option: str, compiled: bool | None) -> Finding:
    if compiled:
        return Finding("ok", code, subject, f"IPVS balances {subject}")
    if compiled is False:
        why = f"It was built without CONFIG_{option}: take another kernel."
        return Finding(
            "wrong", code, subject, f"IPVS of this kernel doesn't balance {subject}", why
        )
    mend = "modprobe configs" if "configs" in host.modules.loadable else ""
    why = f"The kernel's build can't be read here: it needs CONFIG_{option}."
    return Finding(
        "unknown", code, subject, f"Not known whether IPVS balances {subject}", why, mend
    )
