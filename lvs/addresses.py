"""IP addresses as text, in the one canonical form that equality and digests rely on."""

from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import Literal

from lvs.remember import remembered

Family = Literal["inet", "inet6"]

SOCKET_FAMILY: dict[Family, int] = {"inet": int(AF_INET), "inet6": int(AF_INET6)}
FULL_NETMASK: dict[Family, str] = {"inet": "255.255.255.255", "inet6": "128"}


@remembered
def packed(address: str) -> bytes:
    """The address in network byte order: 4 bytes for IPv4, 16 for IPv6.

    Raises ValueError when the text is neither.
    """
    try:
        return inet_pton(AF_INET6 if ":" in address else AF_INET, address)
    except (OSError, UnicodeEncodeError, ValueError):
        raise ValueError(f"“{address}” is not an IPv4 or IPv6 address") from None


@remembered
def unpacked(raw: bytes) -> str:
    """Canonical text of 4 (IPv4) or 16 (IPv6) address bytes. Raises ValueError on any other length."""
    return inet_ntop(AF_INET if len(raw) == 4 else AF_INET6, raw)


@remembered
def canonical(address: str) -> str:
    """The address as the kernel and ipvsadm print it. Raises ValueError when it is none."""
    return unpacked(packed(address.strip()))


def family_of(address: str) -> Family:
    """`inet` or `inet6`, told by the colon: works on canonical and on merely valid addresses."""
    return "inet6" if ":" in address else "inet"


def endpoint(address: str, port: int) -> str:
    """`192.0.2.1:80` or `[2001:db8::1]:80`, as ipvsadm writes it."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
