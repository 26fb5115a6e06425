"""Two tables side by side: what differs, row by row, what was beside what is."""

from collections.abc import Mapping
from typing import NamedTuple

from lvs.canonical_form import server_order, service_order
from lvs.diff import (
    Kind,
    server_settings,
    server_texts,
    service_settings,
    service_texts,
)
from lvs.diff_settings import SettingDiff, diff_settings
from lvs.model import RealServer, ServiceKey, Table, VirtualService

PAGE = 100
"""Rows that are shown at a time, about: a service is not cut."""


class Bit(NamedTuple):
    """One value in a cell. label: what it is, "" where that goes without saying."""

    label: str
    text: str
    differs: bool


class Row(NamedTuple):
    """A setting of the service or one of its real servers; a side where it isn't has no bits."""

    kind: Kind
    name: str
    before: tuple[Bit, ...]
    after: tuple[Bit, ...]
    server: bool = False
    """Whether it is a real server, whose name is an address."""


class Part(NamedTuple):
    """One service that differs."""

    kind: Kind
    service: VirtualService
    """As it is after, or as it was when it is gone."""
    rows: tuple[Row, ...]
    same: int
    """Real servers that are as they were, and have no row."""


class SideBySide(NamedTuple):
    """A page of the services that differ, and the settings that do."""

    parts: tuple[Part, ...]
    first: int
    following: int
    """The place of the next page, 0 = none."""
    differing: int
    total: int
    """Services of either table."""
    settings: tuple[SettingDiff, ...]
    """Those that differ, on every page."""
    kept: tuple[SettingDiff, ...]
    """Those that both decide, and are the same."""

    @property
    def left(self) -> int:
        """How many services stand behind those shown."""
        return self.differing - self.following if self.following else 0

    @property
    def same(self) -> int:
        """How many services are the same."""
        return self.total - self.differing


def side_by_side(before: Table, after: Table, first: int = 0, size: int = PAGE) -> SideBySide:
    """What differs between the tables: the services from the place `first` on, until `size` rows are full."""
    old, new = before.by_key(), after.by_key()
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    keys.sort(key=service_order)
    parts, rows, end = [], 0, first
    for key in keys[first:]:
        if rows >= size:
            break
        part = _part(key, old, new)
        parts.append(part)
        rows += len(part.rows)
        end += 1
    settings = diff_settings(before, after)
    return SideBySide(
        tuple(parts),
        first,
        end if end < len(keys) else 0,
        len(keys),
        len({**old, **new}),
        tuple(setting for setting in settings if setting.kind != "same"),
        tuple(setting for setting in settings if setting.kind == "same"),
    )


def _part(
    key: ServiceKey,
    olds: Mapping[ServiceKey, VirtualService],
    news: Mapping[ServiceKey, VirtualService],
) -> Part:
    old, new = olds.get(key), news.get(key)
    service = new or old
    assert service is not None
    rows = _setting_rows(old, new)
    was = {server.key: server for server in old.real_servers} if old else {}
    now = {server.key: server for server in new.real_servers} if new else {}
    servers = sorted({**was, **now}.values(), key=server_order)
    differing = [server for server in servers if was.get(server.key) != now.get(server.key)]
    rows += [_server_row(was.get(server.key), now.get(server.key)) for server in differing]
    kind: Kind = "changed" if old and new else "added" if new else "removed"
    return Part(kind, service, tuple(rows), len(servers) - len(differing))


def _setting_rows(old: VirtualService | None, new: VirtualService | None) -> list[Row]:
    """Of both the settings that differ; of one alone those that a reader must see."""
    was, now = old and service_texts(old), new and service_texts(new)
    names = service_settings(new or old) if not (old and new) else service_texts(new)  # type: ignore[arg-type]
    return [
        Row(_kind(was, now), name, _setting(name, was, now), _setting(name, now, was))
        for name in names
        if not (was and now) or was[name] != now[name]
    ]


def _setting(
    name: str, side: dict[str, str] | None, other: dict[str, str] | None
) -> tuple[Bit, ...]:
    return (Bit("", side[name], other is not None),) if side else ()


def _server_row(old: RealServer | None, new: RealServer | None) -> Row:
    name = str(new or old)
    return Row(_kind(old, new), name, _server(old, new), _server(new, old), server=True)


def _server(side: RealServer | None, other: RealServer | None) -> tuple[Bit, ...]:
    """The settings that a reader must see on either side."""
    if side is None:
        return ()
    texts, others = server_texts(side), server_texts(other) if other else {}
    shown = {**server_settings(side), **(server_settings(other) if other else {})}
    return tuple(
        Bit(
            "" if name == "forwarding" else name,
            texts[name],
            bool(other) and texts[name] != others[name],
        )
        for name in texts
        if name in shown
    )


def _kind(old: object, new: object) -> Kind:
    return "changed" if old and new else "added" if new else "removed"
