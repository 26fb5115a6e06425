"""What differs between the settings of two tables, in words for people."""

from typing import NamedTuple

from lvs.diff import FieldDiff, Kind, field_diffs
from lvs.model import Table
from lvs.settings import ROLES, SyncDaemon, Timeouts


class SettingDiff(NamedTuple):
    """One setting of the director: a timeout, a sync daemon or a sysctl."""

    kind: Kind
    name: str
    before: str
    after: str
    fields: tuple[FieldDiff, ...] = ()
    """Of a sync daemon that runs before and after: what differs."""


TIMEOUT_NAMES = {"tcp": "TCP timeout", "tcp_fin": "TCP FIN timeout", "udp": "UDP timeout"}
AS_IT_IS = "as the director has it"


def daemon_texts(daemon: SyncDaemon) -> dict[str, str]:
    """The settings of a sync daemon by display name, as display text."""
    return {
        "interface": daemon.interface,
        "sync id": str(daemon.syncid),
        "message length": f"{daemon.maxlen} bytes",
        "group": daemon.group,
        "port": str(daemon.port),
        "time to live": str(daemon.ttl),
    }


def daemon_fields(before: SyncDaemon, after: SyncDaemon) -> tuple[FieldDiff, ...]:
    """The settings that differ between two daemons of one role."""
    return field_diffs(daemon_texts(before), daemon_texts(after))


def timeout_texts(timeouts: Timeouts) -> dict[str, str]:
    """The timeouts that are set, by display name, as display text."""
    seconds = timeouts._asdict()
    return {title: f"{seconds[name]} s" for name, title in TIMEOUT_NAMES.items() if seconds[name]}


def setting_texts(table: Table) -> dict[str, str]:
    """What the table decides beside its services, by display name, as display text."""
    texts = timeout_texts(table.timeouts)
    if table.sync is not None:
        running = {daemon.role: daemon for daemon in table.sync}
        for role in ROLES:
            daemon = running.get(role)
            texts[f"{role} sync daemon"] = "none" if daemon is None else described(daemon)
    return texts | {str(sysctl): sysctl.value for sysctl in table.sysctls}


def described(daemon: SyncDaemon) -> str:
    """`interface eth0, sync id 1, …`."""
    return ", ".join(f"{name} {text}" for name, text in daemon_texts(daemon).items())


def diff_settings(before: Table, after: Table) -> tuple[SettingDiff, ...]:
    """Every setting that either table decides, also those that are the same."""
    old, new = setting_texts(before), setting_texts(after)
    daemons = {f"{d.role} sync daemon": d for d in before.sync or ()}
    later = {f"{d.role} sync daemon": d for d in after.sync or ()}
    diffs = []
    for name in {**new, **old}:
        was, now = old.get(name, AS_IT_IS), new.get(name, AS_IT_IS)
        kind: Kind = "same" if was == now else "changed"
        if name not in old or name not in new:
            kind = "added" if name in new else "removed"
        both = daemons.get(name), later.get(name)
        fields = daemon_fields(both[0], both[1]) if both[0] and both[1] else ()
        diffs.append(SettingDiff(kind, name, was, now, fields))
    return tuple(diffs)
