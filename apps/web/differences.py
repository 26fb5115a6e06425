"""What differs between two tables, line by line, as pages show it: name | before | after."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from apps.changes.drift.difference import Difference
from lvs.diff import ServerDiff, ServiceDiff, diff_tables, server_settings, service_settings
from lvs.diff_settings import SettingDiff, diff_settings
from lvs.model import RealServer, Table, VirtualService

SHOWN = 50
"""Services whose lines a page shows."""


class Line(NamedTuple):
    """One value. "" = there is none."""

    name: str
    before: str
    after: str


class Part(NamedTuple):
    """One service or setting that differs."""

    name: str
    kind: str
    """added, removed, changed or same."""
    ours: bool
    lines: tuple[Line, ...]


class Parts(NamedTuple):
    """All that differs, as far as a page shows it."""

    shown: list[Part]
    more: int
    """How many services are not shown."""


def parts_of_drift(difference: Difference) -> Parts:
    """Before: the head. After: the kernel."""
    services = difference.services
    shown = [_service(part.diff, part.ours) for part in services[:SHOWN]]
    shown += [_setting(part.diff, part.ours) for part in difference.settings]
    return Parts(shown, len(services[SHOWN:]))


def parts_between(before: Table, after: Table) -> Parts:
    """Of two tables only what differs."""
    services = [part for part in diff_tables(before, after) if part.kind != "same"]
    settings = [part for part in diff_settings(before, after) if part.kind != "same"]
    shown = [_service(part) for part in services[:SHOWN]] + [_setting(part) for part in settings]
    return Parts(shown, len(services[SHOWN:]))


def _service(diff: ServiceDiff, ours: bool = True) -> Part:
    lines = tuple(_service_lines(diff))
    return Part(str(diff.service), diff.kind, ours, lines)


def _service_lines(diff: ServiceDiff) -> Iterator[Line]:
    if diff.kind == "changed":
        yield from (
            Line(field.name.capitalize(), field.before, field.after) for field in diff.fields
        )
        for server in diff.servers:
            yield from _server_lines(server)
    else:
        whole = _described(diff.service)
        before = "" if diff.kind == "added" else whole
        yield Line("The whole service", before, "" if diff.kind == "removed" else whole)


def _server_lines(diff: ServerDiff) -> Iterator[Line]:
    name, text = f"Real server {diff.server}", _listed(server_settings(diff.server).items())
    if diff.kind == "changed":
        yield from (Line(f"{name}: {f.name}", f.before, f.after) for f in diff.fields)
    elif diff.kind != "same":
        added = diff.kind == "added"
        yield Line(name, "" if added else text, text if added else "")


def _described(service: VirtualService) -> str:
    servers = len(service.real_servers)
    text = _listed(service_settings(service).items())
    return (
        f"{text}; {servers} real server{'' if servers == 1 else 's'}{_first(service.real_servers)}"
    )


def _first(servers: tuple[RealServer, ...]) -> str:
    names = ", ".join(str(server) for server in servers[:3])
    return f": {names}{', …' if len(servers) > 3 else ''}" if servers else ""


def _listed(settings: Iterable[tuple[str, str]]) -> str:
    """`rr, persistence 300 s`: the scheduler and the forwarding need no name."""
    plain = ("scheduler", "forwarding")
    return ", ".join(text if name in plain else f"{name} {text}" for name, text in settings)


def _setting(diff: SettingDiff, ours: bool = True) -> Part:
    lines = tuple(Line(field.name.capitalize(), field.before, field.after) for field in diff.fields)
    after = "can't be read there" if diff.kind == "removed" else diff.after
    return Part(diff.name, diff.kind, ours, lines or (Line("Value", diff.before, after),))
