"""Virtual services in addresses of pages: `tcp-192.0.2.1-80`, `fwmark-5-inet6`."""

from typing import cast

from lvs.addresses import canonical, family_of
from lvs.model import Protocol, ServiceKey, VirtualService


def slug_of(key: ServiceKey | VirtualService) -> str:
    """The text that names the service in an address."""
    if key.fwmark:
        return f"fwmark-{key.fwmark}-{key.family}"
    return f"{key.protocol}-{key.address}-{key.port}"


def key_of(slug: str) -> ServiceKey:
    """The identity that `slug_of` named. Raises ValueError on anything else."""
    kind, _, rest = slug.partition("-")
    first, _, last = rest.rpartition("-")
    if kind == "fwmark" and last in ("inet", "inet6"):
        return ServiceKey("inet6" if last == "inet6" else "inet", "", "", 0, int(first))
    if kind in ("tcp", "udp", "sctp"):
        return ServiceKey(family_of(first), cast(Protocol, kind), canonical(first), int(last), 0)
    raise ValueError(f"“{slug}” names no virtual service")
