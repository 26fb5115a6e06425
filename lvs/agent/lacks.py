"""What a table may ask of IPVS and this kernel surely can't do, beside its schedulers."""

from lvs.doctor.host import Host
from lvs.doctor.judge_kernel import module_state, was_built_with


def lacking(host: Host, *, ipv6: bool) -> list[str]:
    """Of `sip` (the persistence engine), `sctp` and `inet6` those that aren't there; what isn't known is.

    host: with modules and config. ipv6: whether the kernel runs with IPv6 now; as a module it may come yet.
    The options: net/netfilter/ipvs/Kconfig of the kernel.
    """
    may_come = "ipv6" in host.modules.loadable - host.modules.loaded
    lacks = []
    if not (ipv6 or may_come) or was_built_with(host, "IP_VS_IPV6") is False:
        lacks.append("inet6")
    if was_built_with(host, "IP_VS_PROTO_SCTP") is False:
        lacks.append("sctp")
    if module_state(host, "ip_vs_pe_sip") == "missing":
        lacks.append("sip")
    return lacks
