"""How many connections and templates there are: by service, real server and state. Pure."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from lvs.connections.lines import (
    CLIENT,
    CLIENT_PORT,
    EXPIRES,
    PROTOCOL,
    SERVICE,
    Fields,
    is_template,
)
from lvs.connections.row import decode
from lvs.connections.services import Services

MOST_GROUPS = 100_000
"""Combinations of service, real server and state that are told apart: about 500 bytes each."""

_NO_CLIENT = {8: b"0" * 8, 39: b":".join([b"0000"] * 8)}
"""By the length of an address as the kernel writes it."""
_Counts = Counter[Any]


class Group(NamedTuple):
    """What is counted as one."""

    service: str
    in_table: bool
    server: str
    state: str


class Tally:
    """Counts rows in bounded memory: with more than `most` groups the others count together."""

    def __init__(self, services: Services, most: int = MOST_GROUPS) -> None:
        self._services = services
        self._most = most
        self._counts: dict[Fields, int] = {}
        self._others = {False: 0, True: 0}

    def take(self, rows: Iterable[Fields]) -> None:
        """Count some more rows."""
        counts = self._counts
        for fields in rows:
            template = is_template(fields)
            port = fields[CLIENT_PORT] if template else b"FFFF"
            # A line without what tells one client from another.
            line = (
                fields[PROTOCOL],
                _NO_CLIENT[len(fields[CLIENT])],
                port,
                *fields[SERVICE:EXPIRES],
                b"0",
                b"",
                b"",
            )
            if line in counts:
                counts[line] += 1
            elif len(counts) < self._most:
                counts[line] = 1
            else:
                self._others[template] += 1

    def document(self, limit: int) -> dict[str, Any]:
        """`{"connections": …, "templates": …}`; each list is cut to `limit` entries, largest first.

        Each has `total`, `states`, `services`, `servers`, how many more of both there are, and
        `others`: rows in `total` alone, because there were too many groups to tell apart.
        """
        groups: dict[bool, Counter[Group]] = {False: Counter(), True: Counter()}
        for line, number in self._counts.items():
            groups[is_template(line)][self._group(line)] += number
        return {
            "connections": _part(groups[False], self._others[False], limit),
            "templates": _part(groups[True], self._others[True], limit),
        }

    def _group(self, line: Fields) -> Group:
        row, owner = decode(line), self._services.owner(line)
        name = str(owner.service) if owner else row.target
        return Group(name, owner is not None, row.server_name, row.state)


def _part(groups: Counter[Group], others: int, limit: int) -> dict[str, Any]:
    states: _Counts = Counter()
    services: dict[tuple[str, bool], _Counts] = {}
    servers: dict[tuple[str, str], _Counts] = {}
    for group, number in groups.items():
        states[group.state] += number
        services.setdefault((group.service, group.in_table), Counter())[group.state] += number
        servers.setdefault((group.service, group.server), Counter())[group.state] += number
    return {
        "total": states.total() + others,
        "states": _by_number(states),
        "services": [
            {"service": name, "in_table": known, "total": c.total(), "states": _by_number(c)}
            for (name, known), c in _largest(services, limit)
        ],
        "more_services": max(0, len(services) - limit),
        "servers": [
            {"service": name, "server": server, "total": c.total(), "states": _by_number(c)}
            for (name, server), c in _largest(servers, limit)
        ],
        "more_servers": max(0, len(servers) - limit),
        "others": others,
    }


def _by_number(counts: _Counts) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _largest(counts: dict[Any, _Counts], limit: int) -> list[tuple[Any, _Counts]]:
    return sorted(counts.items(), key=lambda item: (-item[1].total(), item[0]))[:limit]
