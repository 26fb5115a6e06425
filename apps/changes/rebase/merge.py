"""The merge itself: service by service, field by field, and real servers by their identity."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from apps.changes.rebase.clash import SIDES, Clash, Kind, Side
from lvs.canonical_form import make_table
from lvs.model import RealServer, Table, VirtualService
from lvs.settings import Sysctl, Timeouts

Part = TypeVar("Part", VirtualService, RealServer)
Key = TypeVar("Key")
Value = TypeVar("Value")

SERVICE_FIELDS = (
    ("scheduler", "flags"),
    ("persistence", "netmask", "persistence_engine"),
    ("one_packet",),
)
SERVER_FIELDS = (
    ("forwarding", "tunnel_type", "tunnel_port", "tunnel_checksum"),
    ("weight",),
    ("upper_threshold",),
    ("lower_threshold",),
)
"""What is merged by itself. Fields that mean nothing without each other stay together: a netmask for a
persistence that the other side switched off would be lost without a word."""


class Merge(NamedTuple):
    """What came of it. In `table`, which is canonical, mine stands where nothing was chosen."""

    table: Table
    clashes: tuple[Clash, ...]

    @property
    def undecided(self) -> list[Clash]:
        """The clashes for which nothing was chosen."""
        return [clash for clash in self.clashes if clash.chosen is None]


def merge(
    base: Table, theirs: Table, mine: Table, choices: Mapping[str, str] | None = None
) -> Merge:
    """What both sides changed against `base`, together. Services that stand twice count once: see
    `doubled`.

    choices: the side to take, by the key of a clash; what is neither side chooses nothing.
    """
    merger = _Merger(choices or {})
    services = merger.each(merger.service, base.by_key(), theirs.by_key(), mine.by_key())
    timeouts = merger.each(merger.of("timeout"), *map(_timeouts, (base, theirs, mine)))
    sync = merger.value("sync", (), base.sync, theirs.sync, mine.sync)
    sysctls = merger.each(
        merger.of("sysctl"), dict(base.sysctls), dict(theirs.sysctls), dict(mine.sysctls)
    )
    table = make_table(
        services.values(),
        Timeouts(**timeouts),
        sync,
        tuple(Sysctl(name, value) for name, value in sysctls.items()),
    )
    return Merge(table, tuple(merger.clashes))


def doubled(table: Table) -> list[str]:
    """The names of services, and of real servers with their service, that stand in it twice."""
    keys = Counter(service.key for service in table.services)
    found = [str(key) for key, number in keys.items() if number > 1]
    for service in table.services:
        servers = Counter(server.key for server in service.real_servers)
        twice = {key for key, number in servers.items() if number > 1}
        found += sorted({f"{s} in {service}" for s in service.real_servers if s.key in twice})
    return found


def _timeouts(table: Table) -> dict[str, int]:
    return {name: seconds for name, seconds in table.timeouts._asdict().items() if seconds}


class _Merger:
    def __init__(self, choices: Mapping[str, str]) -> None:
        self.choices = choices
        self.clashes: list[Clash] = []

    def each(
        self,
        merge_one: Callable[[Key, Value | None, Value | None, Value | None], Value | None],
        base: Mapping[Key, Value],
        theirs: Mapping[Key, Value],
        mine: Mapping[Key, Value],
    ) -> dict[Key, Value]:
        """All parts of one kind, each by its key."""
        kept = {}
        for key in dict.fromkeys((*theirs, *mine)):
            one = merge_one(key, base.get(key), theirs.get(key), mine.get(key))
            if one is not None:
                kept[key] = one
        return kept

    def of(self, kind: Kind) -> Callable[[str, Any, Any, Any], Any]:
        """Merges values of this kind, each as a whole."""
        return lambda name, *sides: self.value(kind, (name,), *sides)

    def value(
        self,
        kind: Kind,
        place: tuple[str, ...],
        base: Any,
        theirs: Any,
        mine: Any,
        fields: tuple[str, ...] = (),
    ) -> Any:
        """One part as a whole, or some of its fields: the value of the side that changed it."""
        clash = Clash(kind, place, fields, base, theirs, mine)
        was, one, other = map(clash.values_of, (base, theirs, mine))
        if other == was:
            return theirs
        if one in (was, other):
            return mine
        chosen = self.choices.get(clash.key)
        side: Side | None = next((side for side in SIDES if side == chosen), None)
        self.clashes.append(clash._replace(chosen=side))
        return theirs if side == "theirs" else mine

    def service(
        self,
        key: Any,
        base: VirtualService | None,
        theirs: VirtualService | None,
        mine: VirtualService | None,
    ) -> VirtualService | None:
        """A service, field by field where both sides have it; and its real servers."""
        place = (str(key),)
        if theirs is None or mine is None or mine == base or theirs in (base, mine):
            chosen: VirtualService | None = self.value("service", place, base, theirs, mine)
            return chosen
        merged = self._fields("service", place, SERVICE_FIELDS, base, theirs, mine)
        servers = self.each(
            lambda _key, *sides: self._server(place, *sides),
            *(_servers(side) for side in (base, theirs, mine)),
        )
        return merged._replace(real_servers=tuple(servers.values()))

    def _server(
        self,
        service: tuple[str, ...],
        base: RealServer | None,
        theirs: RealServer | None,
        mine: RealServer | None,
    ) -> RealServer | None:
        place = (*service, str(theirs or mine))
        if theirs is None or mine is None:
            chosen: RealServer | None = self.value("server", place, base, theirs, mine)
            return chosen
        return self._fields("server", place, SERVER_FIELDS, base, theirs, mine)

    def _fields(
        self,
        kind: Kind,
        place: tuple[str, ...],
        groups: tuple[tuple[str, ...], ...],
        base: Part | None,
        theirs: Part,
        mine: Part,
    ) -> Part:
        merged: dict[str, Any] = {}
        for fields in groups:
            source = self.value(kind, place, base, theirs, mine, fields)
            merged |= {name: getattr(source, name) for name in fields}
        return mine._replace(**merged)


def _servers(service: VirtualService | None) -> dict[tuple[str, int], RealServer]:
    return {server.key: server for server in service.real_servers} if service else {}
