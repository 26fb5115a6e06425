"""A clash in words: each field with its text at the base, at theirs and at mine."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from apps.changes.rebase.clash import Clash
from lvs.diff import server_settings, server_texts, service_settings, service_texts
from lvs.diff_settings import AS_IT_IS, described
from lvs.model import RealServer, VirtualService
from lvs.settings import ROLES, SyncDaemon

GONE = "not there"

_NAMES = {
    "flags": "scheduler flags",
    "one_packet": "one-packet scheduling",
    "persistence_engine": "persistence engine",
    "tunnel_type": "tunnel type",
    "tunnel_port": "tunnel port",
    "tunnel_checksum": "tunnel checksum",
    "upper_threshold": "upper threshold",
    "lower_threshold": "lower threshold",
}
"""Fields of the model by their display name, where that is another."""


class Row(NamedTuple):
    """One field, side by side."""

    name: str
    base: str
    theirs: str
    mine: str

    @property
    def theirs_changed(self) -> bool:
        """Whether theirs is another than the base."""
        return self.theirs != self.base

    @property
    def mine_changed(self) -> bool:
        """Whether mine is another than the base."""
        return self.mine != self.base


def rows_of(clash: Clash) -> list[Row]:
    """What the clash is about, a row a field; without those that are the same on all sides."""
    parts = (clash.base, clash.theirs, clash.mine)
    sides = [_texts(clash, part) for part in parts]
    names = dict.fromkeys(name for part in parts for name in _names(clash, part))
    missing = AS_IT_IS if clash.kind in ("timeout", "sysctl", "sync") else GONE
    rows = [
        Row(name, *(GONE if side is None else side.get(name, missing) for side in sides))
        for name in names
    ]
    return [row for row in rows if len({*row[1:]}) > 1]


def _texts(clash: Clash, part: Any) -> dict[str, str] | None:
    """Display name → display text; None where the side doesn't have the part."""
    if clash.kind in ("timeout", "sysctl"):
        unit = " s" if clash.kind == "timeout" else ""
        return {clash.place[0]: f"{part}{unit}"} if part else {}
    if clash.kind == "sync":
        return _daemons(part)
    if part is None:
        return None
    if isinstance(part, RealServer):
        return server_texts(part)
    return service_texts(part) | {str(server): _server(server) for server in part.real_servers}


def _names(clash: Clash, part: Any) -> list[str]:
    """Of the texts those that tell something of this side."""
    if clash.fields:
        return [_NAMES.get(name, name) for name in clash.fields]
    if isinstance(part, VirtualService):
        return [*service_settings(part), *map(str, part.real_servers)]
    if isinstance(part, RealServer):
        return list(server_settings(part))
    return list(_texts(clash, part) or ())


def _server(server: RealServer) -> str:
    texts = server_settings(server).items()
    return ", ".join(text if name == "forwarding" else f"{name} {text}" for name, text in texts)


def _daemons(daemons: Sequence[SyncDaemon] | None) -> dict[str, str]:
    if daemons is None:
        return {}
    running = {daemon.role: described(daemon) for daemon in daemons}
    return {f"{role} sync daemon": running.get(role, "none") for role in ROLES}
