"""What to look for in the connection list, from the words that people write. Pure."""

from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

from lvs.addresses import Family
from lvs.connections.endpoints import Endpoint, FilterError, read_endpoint, read_network

Kind = Literal["all", "connections", "templates"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PROTOCOLS = ("tcp", "udp", "sctp")
ORIGINS = ("local", "sync")
STATES = (
    *("NONE", "ASSURED", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT", "TIME_WAIT", "CLOSE"),
    *("CLOSE_WAIT", "LAST_ACK", "LISTEN", "SYNACK", "UDP", "INIT1", "INIT", "COOKIE_SENT"),
    *("COOKIE_REPLIED", "COOKIE_WAIT", "COOKIE", "COOKIE_ECHOED", "SHUTDOWN_SENT"),
    *("SHUTDOWN_RECEIVED", "SHUTDOWN_ACK_SENT", "REJECTED", "CLOSED", "ERR!", "BUG!", "?"),
)
"""All that the kernel's protocols name (`net/netfilter/ipvs/ip_vs_proto*.c`); the first two are
those of templates."""


class ServiceFilter(NamedTuple):
    """A virtual address, a port of it, or a firewall mark."""

    protocol: str
    """"" for any."""
    endpoint: Endpoint | None
    """None for a firewall mark."""
    fwmark: int
    family: Family | Literal[""]
    """Of a firewall mark; "" for both."""


class Filters(NamedTuple):
    """What a line must be to count: all of it. Make one with `make_filters`."""

    client: Endpoint | None = None
    service: ServiceFilter | None = None
    server: Endpoint | None = None
    states: frozenset[bytes] = frozenset()
    """Any of these; none = any at all."""
    protocol: str = ""
    kind: Kind = "all"
    origin: str = ""


def make_filters(
    *,
    client: str = "",
    service: str = "",
    server: str = "",
    state: str = "",
    protocol: str = "",
    kind: str = "all",
    origin: str = "",
) -> Filters:
    """Filters from the words that people and the console give; "" = no such filter.

    client: ADDR[/PREFIX][:PORT]; service: [PROTOCOL] ADDR[:PORT] or `fwmark N [ipv6]`; server:
    ADDR[:PORT]; state: names with commas between. Raises FilterError, which says what is wrong.
    """
    chosen = Filters(
        read_network("client", client) if client else None,
        _read_service(service) if service else None,
        read_endpoint("server", server) if server else None,
        frozenset(_one_of("state", name, STATES, str.upper).encode() for name in _words(state)),
        _one_of("protocol", protocol, PROTOCOLS, str.lower) if protocol else "",
        _kind(kind),
        _one_of("origin", origin, ORIGINS, str.lower) if origin else "",
    )
    _refuse_what_finds_nothing(chosen)
    return chosen


def _words(text: str) -> list[str]:
    return [word for word in text.replace(",", " ").split() if word]


def _one_of(what: str, word: str, known: tuple[str, ...], change: Callable[[str], str]) -> str:
    if change(word) in known:
        return change(word)
    raise FilterError(what, f"“{word}” is no {what}: choose from {', '.join(known)}")


def _kind(word: str) -> Kind:
    for kind in KINDS:
        if word == kind:
            return kind
    raise FilterError("kind", f"“{word}” is no kind of line: choose from {', '.join(KINDS)}")


def _read_service(text: str) -> ServiceFilter:
    words = text.split()
    if words and words[0].lower() == "fwmark":
        return _read_mark(text, words[1:])
    protocol = ""
    if len(words) == 2:
        protocol = _one_of("protocol", words[0], PROTOCOLS, str.lower)
    elif len(words) != 1:
        raise FilterError("service", f"“{text}” is no service: write ADDR:PORT or “fwmark N”")
    return ServiceFilter(protocol, read_endpoint("service", words[-1]), 0, "")


def _read_mark(text: str, words: list[str]) -> ServiceFilter:
    number = words[0] if words else ""
    if number.isascii() and number.isdigit() and len(number) <= 10 and 0 < int(number) < 2**32:
        if len(words) == 1:
            return ServiceFilter("", None, int(number), "")
        if words[1:] == ["ipv6"]:
            return ServiceFilter("", None, int(number), "inet6")
        if words[1:] == ["ipv4"]:
            return ServiceFilter("", None, int(number), "inet")
    raise FilterError(
        "service", f"“{text}” is no firewall mark: write “fwmark N”, with N from 1 to 4294967295"
    )


def _refuse_what_finds_nothing(chosen: Filters) -> None:
    mark = chosen.service is not None and chosen.service.fwmark
    if mark and chosen.kind == "connections":
        raise FilterError(
            "service",
            "the kernel's list names a firewall mark on templates only: look for its connections by "
            "their address and port, or by the real server",
        )
    if mark and chosen.protocol:
        raise FilterError("protocol", "a firewall mark's templates hold for every protocol")
    named = chosen.service.protocol if chosen.service else ""
    if named and chosen.protocol and named != chosen.protocol:
        raise FilterError("protocol", f"the service is {named}, so none is {chosen.protocol}")
