"""Where webhooks may go. The console must not be made to call what only its own host can reach.

Services of one's own network are what webhooks are for, so private addresses are allowed. Addresses
that mean “this machine” or “this link” are not: there live the metadata services of clouds, which hand
out passwords. The console's own host may be called by webhooks of the whole console only.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from apps.notify.errors import NotifyError

LONGEST = 500
"""Characters of an address."""

_METADATA = tuple(
    map(
        ip_network,
        (
            "100.100.100.200/32",
            "168.63.129.16/32",
            "192.0.0.192/32",
            "fd00:ec2::/32",
            "fd20:ce::254/128",
            "fd00:c1::a9fe:a9fe/128",
        ),
    )
)
"""Of clouds that don't use a link-local one: Alibaba, Azure, Oracle; AWS, Google and Oracle over IPv6."""

_NAT64 = ip_network("64:ff9b::/96")


def check_url(url: str, *, own_host: bool) -> SplitResult:
    """The parts of an address that a webhook may have. Raises NotifyError.

    own_host: it may be on the console's own host, and then without TLS.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise NotifyError("That is no address of a web server.", "url") from None
    if parts.scheme not in ("https", "http") or not host or len(url) > LONGEST:
        raise NotifyError("Give an address that begins with https://.", "url")
    if not url.isascii() or any(character.isspace() or character < " " for character in url):
        raise NotifyError("An address has no spaces and no letters beyond ASCII.", "url")
    if parts.username or parts.password or parts.fragment:
        raise NotifyError("Leave out user, password and fragment: they are not sent.", "url")
    try:
        literal: IPv4Address | IPv6Address | None = ip_address(host)
    except ValueError:
        literal = None
    loopback = host.lower() == "localhost" or (literal is not None and _bare(literal).is_loopback)
    if parts.scheme == "http" and not loopback:
        raise NotifyError("Without TLS only the console's own host may be called.", "url")
    if literal is not None and (why := _against(literal, own_host)):
        raise NotifyError(f"{host} {why}.", "url")
    if loopback and not own_host:
        raise NotifyError(f"{host} {_OWN_HOST}.", "url")
    return parts


def resolve(host: str, port: int, *, own_host: bool, secure: bool) -> list[str]:
    """The addresses of a host, each of which may be called; who calls must use these very ones.

    Raises NotifyError when one may not, OSError when the name can't be resolved.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        ip = ip_address(address)
        if why := _against(ip, own_host):
            raise NotifyError(f"{host} is {address}, which {why}.")
        if not secure and not _bare(ip).is_loopback:
            raise NotifyError(f"{host} is {address}: only the own host is called without TLS.")
    return addresses


_OWN_HOST = "is the console's own host: only a webhook of the whole console may call it"


def _against(address: IPv4Address | IPv6Address, own_host: bool) -> str:
    """Why the address may not be called, "" = it may."""
    ip = _bare(address)
    if ip.is_loopback:
        return "" if own_host else _OWN_HOST
    if ip.is_link_local or any(ip in network for network in _METADATA):
        return "is an address of this link or of a cloud's metadata, which no webhook may call"
    if ip.is_multicast or ip.is_unspecified or ip.is_reserved:
        return "is the address of no single host"
    return ""


def _bare(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
