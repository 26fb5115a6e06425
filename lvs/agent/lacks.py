"""What a table may ask of IPVS and this kernel surely can't do, beside its schedulers."""

import os
from pathlib import Path

from lvs.doctor.host import Host
from lvs.doctor.judge_kernel import module_state
from lvs.doctor.modules import config_places, read_config, read_modules


def lacking(proc: Path, modules: Path, boot: Path) -> list[str]:
    """Of `sip` (the persistence engine), `sctp` and `inet6` those that aren't there; what isn't known is.

    Without `if_inet6` the kernel runs without IPv6, unless that is a module that may still be loaded.

    proc: /proc; modules: /lib/modules; boot: /boot. The options: net/netfilter/ipvs/Kconfig of the kernel.
    """
    release = os.uname().release
    folder = modules / release
    config = read_config(proc, config_places(release, boot, folder))
    host = Host(modules=read_modules(proc, folder), config=config)
    lacks = []
    off = (
        not (proc / "net/if_inet6").exists()
        and "ipv6" not in host.modules.loadable - host.modules.loaded
    )
    if off or _without(config, "IP_VS_IPV6"):
        lacks.append("inet6")
    if _without(config, "IP_VS_PROTO_SCTP"):
        lacks.append("sctp")
    if module_state(host, "ip_vs_pe_sip") == "missing":
        lacks.append("sip")
    return lacks


def _without(config: dict[str, str] | None, option: str) -> bool:
    """Whether the kernel was surely built without this."""
    return config is not None and option not in config
