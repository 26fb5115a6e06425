"""The model's words and the kernel's numbers, side by side: shared by encode and decode."""

from socket import AF_INET, AF_INET6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP
from types import MappingProxyType

from lvs.netlink.uapi import Forward, SyncState, TunnelFlag, TunnelKind

PROTOCOLS = MappingProxyType(
    {"tcp": int(IPPROTO_TCP), "udp": int(IPPROTO_UDP), "sctp": int(IPPROTO_SCTP)}
)
FAMILIES = MappingProxyType({"inet": int(AF_INET), "inet6": int(AF_INET6)})
FORWARDINGS = MappingProxyType(
    {
        "masquerade": int(Forward.MASQ),
        "local": int(Forward.LOCALNODE),
        "tunnel": int(Forward.TUNNEL),
        "direct": int(Forward.DROUTE),
        "bypass": int(Forward.BYPASS),
    }
)
"""“local” and “bypass” are never ours to set: only a reading can hold them."""
TUNNELS = MappingProxyType({kind.name.lower(): int(kind) for kind in TunnelKind})
CHECKSUMS = MappingProxyType(
    {
        "none": int(TunnelFlag.NOCSUM),
        "csum": int(TunnelFlag.CSUM),
        "remcsum": int(TunnelFlag.REMCSUM),
    }
)
ROLES = MappingProxyType({state.name.lower(): int(state) for state in SyncState if state.name})
