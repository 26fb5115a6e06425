"""Addresses that settings may name."""

from urllib.parse import SplitResult, urlsplit

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def is_safe_web(address: str) -> bool:
    """Whether it is one of a web server that is spoken to by TLS, or on this host."""
    parts = _parts(address)
    if parts is None or not parts.hostname or parts.username or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def is_syslog(address: str) -> bool:
    """Whether it is one of a syslog server: by UDP, TCP, or the path of a socket of this host."""
    if address.startswith("/"):
        return True
    parts = _parts(address)
    if parts is None or parts.query or parts.fragment or parts.path not in {"", "/"}:
        return False
    return parts.scheme in {"udp", "tcp"} and bool(parts.hostname)


def place_of(address: str) -> str:
    """Its host and port, for people: without user and password."""
    return urlsplit(address).netloc.rpartition("@")[2]


def _parts(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port  # a port that is none raises
    except ValueError:
        return None
    return parts
