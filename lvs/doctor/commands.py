"""Commands as people type them: pure text."""

from shlex import quote

from lvs.addresses import family_of


def sysctl(name: str, value: int) -> str:
    """`sysctl -w net.ipv4.ip_forward=1`. name: with slashes; they stay where a part holds a dot (eth0.7)."""
    dotted = name if "." in name else name.replace("/", ".")
    return f"sysctl -w {quote(dotted)}={value}"


def conf(interface: str, setting: str) -> str:
    """The name of an interface's IPv4 setting."""
    return f"net/ipv4/conf/{interface}/{setting}"


def ip(address: str) -> str:
    """`ip`, or `ip -6` for what is of that family."""
    return "ip -6" if family_of(address) == "inet6" else "ip"


def host_prefix(address: str) -> str:
    """`192.0.2.1/32` or `2001:db8::1/128`: the address and no network."""
    return f"{address}/{128 if family_of(address) == 'inet6' else 32}"


def add_address(address: str, interface: str) -> str:
    """Bind an address to an interface, without a network.

    IPv6 without the search for duplicates (nodad), for others may hold the same address rightly, and
    never as the sender of what this host says itself (preferred_lft 0): as the longest prefix it would be.
    """
    options = " nodad preferred_lft 0" if family_of(address) == "inet6" else ""
    return f"{ip(address)} address add {host_prefix(address)} dev {quote(interface)}{options}"
