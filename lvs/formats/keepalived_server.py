"""The `virtual_server` and `real_server` blocks of a keepalived.conf, as they are written."""

from typing import NamedTuple

from lvs.formats.errors import quoted
from lvs.formats.keepalived_blocks import Statement
from lvs.formats.keepalived_values import (
    Method,
    choice_of,
    method_of,
    no_more,
    number_of,
    whole,
    word_of,
)
from lvs.formats.keepalived_words import IN_REAL_SERVER, IN_VIRTUAL_SERVER
from lvs.formats.place import Place, Remarks
from lvs.rules import SCHEDULERS, bits_of_flags, flags_from_bits

DEFAULT_PERSISTENCE = 360
_ALIASES = {"lvs_sched": "lb_algo", "lvs_method": "lb_kind"}
_FLAGS = ("sh-port", "sh-fallback", "mh-port", "mh-fallback", "flag-1", "flag-2", "flag-3")
Places = dict[str, Place]
"""Where a field of the model is set."""


class Server(NamedTuple):
    """A real server as its block says."""

    address: str
    port: int
    """0 = that of the virtual server."""
    place: Place
    places: Places
    method: Method | None = None
    weight: int | None = None
    """None = that of the virtual server."""
    upper: int = 0
    lower: int = 0


class Block:
    """What a `virtual_server` says, whatever its addresses are."""

    def __init__(self, statement: Statement, remarks: Remarks) -> None:
        self.place = statement.place
        self.places: Places = {}
        self.protocol = ""
        self.scheduler = "wlc"
        self._bits = 0
        self.method = Method()
        self.persistence = 0
        self.weight = 1
        """Of real servers that give none."""
        self.netmask = self.engine = self.family = ""
        self.one_packet = False
        self.servers: list[Server] = []
        self._remarks = remarks
        for inner in once_each(statement.block or (), remarks):
            self._take(inner)

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags by the names that they have under the scheduler."""
        return flags_from_bits(self.scheduler, self._bits)

    def _take(self, inner: Statement) -> None:
        keyword, place = inner.keyword, inner.place
        if keyword == "real_server":
            self.servers.append(_server(inner, self._remarks))
        elif keyword in _FLAGS:
            self._flag(keyword, place)
        elif keyword in IN_VIRTUAL_SERVER:
            leave_out(inner, IN_VIRTUAL_SERVER[keyword], self._remarks)
        elif keyword == "ops":
            self.one_packet, self.places["one_packet"] = True, place
        elif keyword in ("lb_kind", "lvs_method"):
            self.method, self.places["forwarding"] = method_of(inner), place
        elif keyword in _TAKERS:
            _TAKERS[keyword](self, inner)
        else:
            leave_out(inner, "keepalived knows no such setting of a virtual server", self._remarks)

    def _flag(self, keyword: str, place: Place) -> None:
        if not keyword.startswith(("flag-", f"{self.scheduler}-")):
            message = f"{keyword} does not follow the lb_algo that it belongs to"
            self._remarks.leave_out(place, f"{message}: keepalived does not set it")
            return
        self._bits |= bits_of_flags((keyword,))
        self.places["flags"] = place

    def _protocol(self, inner: Statement) -> None:
        word = word_of(inner, self._remarks)
        choice_of(inner, word.upper(), ("TCP", "UDP", "SCTP"))
        self.protocol, self.places["protocol"] = word.lower(), inner.place

    def _scheduler(self, inner: Statement) -> None:
        word = word_of(inner, self._remarks)
        self.scheduler = choice_of(inner, word, tuple(SCHEDULERS))
        self.places["scheduler"] = inner.place

    def _persistence(self, inner: Statement) -> None:
        self.places["persistence"] = inner.place
        self.persistence = DEFAULT_PERSISTENCE
        if len(inner.words) > 1:
            self.persistence = number_of(inner, self._remarks)
            if self.persistence < 1:
                raise inner.place.error(f"{inner.keyword} takes seconds from 1 on")

    def _weight(self, inner: Statement) -> None:
        self.weight = number_of(inner, self._remarks)
        if self.weight < 1:
            raise inner.place.error("weight of a virtual server is from 1 on")

    def _granularity(self, inner: Statement) -> None:
        self.netmask = word_of(inner, self._remarks)
        self.places["netmask"] = inner.place

    def _engine(self, inner: Statement) -> None:
        self.engine = word_of(inner, self._remarks)
        self.places["persistence_engine"] = inner.place

    def _family(self, inner: Statement) -> None:
        self.family = choice_of(inner, word_of(inner, self._remarks), ("inet", "inet6"))


_TAKERS = {
    "protocol": Block._protocol,
    "lb_algo": Block._scheduler,
    "lvs_sched": Block._scheduler,
    "persistence_timeout": Block._persistence,
    "persistence_granularity": Block._granularity,
    "persistence_engine": Block._engine,
    "ip_family": Block._family,
    "weight": Block._weight,
}


def _server(statement: Statement, remarks: Remarks) -> Server:
    words = statement.words
    if len(words) < 2:
        raise statement.place.error("real_server needs an address after it")
    no_more(statement, 3, remarks)
    port = whole(statement, words[2]) if len(words) > 2 else 0
    places: Places = {}
    numbers: dict[str, int] = {}
    method: Method | None = None
    for inner in once_each(statement.block or (), remarks):
        field = _NUMBERS.get(inner.keyword)
        if field is not None:
            numbers[field], places[field] = number_of(inner, remarks), inner.place
        elif inner.keyword == "lvs_method":  # lb_kind is one of virtual servers only
            method, places["forwarding"] = method_of(inner), inner.place
        elif inner.keyword in IN_REAL_SERVER:
            leave_out(inner, IN_REAL_SERVER[inner.keyword], remarks)
        else:
            leave_out(inner, "keepalived knows no such setting of a real server", remarks)
    return Server(
        words[1],
        port,
        statement.place,
        places,
        method,
        numbers.get("weight"),
        numbers.get("upper_threshold", 0),
        numbers.get("lower_threshold", 0),
    )


_NUMBERS = {"weight": "weight", "uthreshold": "upper_threshold", "lthreshold": "lower_threshold"}
_REPEATED = {"real_server", *IN_VIRTUAL_SERVER, *IN_REAL_SERVER}


def once_each(statements: "list[Statement] | tuple[()]", remarks: Remarks) -> list[Statement]:
    """Those of a block that count: of settings that stand twice keepalived takes the last."""
    last: dict[str, Statement] = {}
    for statement in statements:
        if statement.keyword.startswith("include"):
            message = "include can't come of a definition: write it as a line of its own"
            raise statement.place.error(message)
        last[_ALIASES.get(statement.keyword, statement.keyword)] = statement
    kept = []
    for statement in statements:
        name = _ALIASES.get(statement.keyword, statement.keyword)
        if name in _REPEATED or last[name] is statement:
            kept.append(statement)
        else:
            line = last[name].place.line
            remarks.leave_out(statement.place, f"{name} stands again in line {line}, which counts")
    return kept


def leave_out(statement: Statement, why: str, remarks: Remarks) -> None:
    """Note one statement, with its block, as not carried."""
    shown = quoted(" ".join(statement.words), 60)
    remarks.leave_out(statement.place, f"{shown}: {why}")
