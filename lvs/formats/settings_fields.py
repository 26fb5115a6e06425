"""The settings of a table as people write them in JSON and YAML: timeouts, sync daemons, sysctls."""

from lvs.formats.fields import Fields
from lvs.settings import (
    SYNC_GROUP,
    SYNC_PORT,
    SYNC_TTL,
    SyncDaemon,
    Sysctl,
    Timeouts,
    default_maxlen,
)

SETTING_KEYS = ("timeouts", "sync", "sysctls")
_DAEMON_KEYS = SyncDaemon._fields


def read_settings(
    fields: Fields,
) -> tuple[Timeouts, tuple[SyncDaemon, ...] | None, tuple[Sysctl, ...]]:
    """Those of the table's object, unchecked by rules. Raises FormatError as `read_services`."""
    sync = None
    if fields.has("sync"):  # [] says that none may run, which is more than nothing
        sync = tuple(_daemon(daemon) for daemon in fields.list("sync"))
    return _timeouts(fields), sync, _sysctls(fields)


def _timeouts(fields: Fields) -> Timeouts:
    if not fields.has("timeouts"):
        return Timeouts()
    inner = fields.inner("timeouts")
    inner.only(*Timeouts._fields)
    return Timeouts(*(inner.whole(name, 0) for name in Timeouts._fields))


def _daemon(fields: Fields) -> SyncDaemon:
    fields.only(*_DAEMON_KEYS)
    group = fields.text("group", SYNC_GROUP)
    return SyncDaemon(
        fields.choice("role", ("master", "backup"), None),
        fields.text("interface"),
        fields.whole("syncid", 0),
        fields.whole("maxlen", default_maxlen(group)),
        group,
        fields.whole("port", SYNC_PORT),
        fields.whole("ttl", SYNC_TTL),
    )


def _sysctls(fields: Fields) -> tuple[Sysctl, ...]:
    if not fields.has("sysctls"):
        return ()
    inner = fields.inner("sysctls")
    return tuple(Sysctl(name, inner.text(name, number_too=True)) for name in inner.names())
