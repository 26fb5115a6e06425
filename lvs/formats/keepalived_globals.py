"""What the `global_defs` of a keepalived.conf say of a table: timeouts and sync daemons."""

from lvs.formats.errors import quoted
from lvs.formats.keepalived_blocks import Statement
from lvs.formats.keepalived_server import leave_out, once_each
from lvs.formats.keepalived_values import whole
from lvs.formats.keepalived_words import IN_GLOBAL_DEFS
from lvs.formats.place import Place, Remarks
from lvs.rules import Path
from lvs.settings import (
    ROLES,
    SYNC_GROUP,
    SYNC_PORT,
    SYNC_TTL,
    SyncDaemon,
    Timeouts,
    default_maxlen,
)

_TIMEOUTS = {"tcp": "tcp", "tcpfin": "tcp_fin", "udp": "udp"}
_NUMBERS = {"id": "syncid", "maxlen": "maxlen", "port": "port", "ttl": "ttl"}


class Globals:
    """Gathers what the `global_defs` blocks say."""

    def __init__(self, remarks: Remarks) -> None:
        self.timeouts = Timeouts()
        self.sync: tuple[SyncDaemon, ...] | None = None
        self._remarks = remarks
        self._timeouts_place: Place | None = None
        self._sync_place: Place | None = None

    def take(self, statement: Statement) -> None:
        """Read one block. Raises FormatError."""
        for inner in statement.block or ():
            once_each([inner], self._remarks)
            if inner.keyword == "lvs_timeouts":
                self._read_timeouts(inner)
            elif inner.keyword == "lvs_sync_daemon":
                self._read_sync(inner)
            else:
                leave_out(inner, IN_GLOBAL_DEFS, self._remarks)

    def place_of(self, path: Path) -> Place | None:
        """Where a path stands that begins with `timeouts` or `sync`."""
        return self._timeouts_place if path[:1] == ("timeouts",) else self._sync_place

    def _read_timeouts(self, inner: Statement) -> None:
        """`lvs_timeouts [tcp SECS] [tcpfin SECS] [udp SECS]`; what is not given stays as it is."""
        words = iter(inner.words[1:])
        for word in words:
            if word not in _TIMEOUTS:
                message = f"lvs_timeouts takes tcp, tcpfin and udp with seconds, not {quoted(word)}"
                raise inner.place.error(message)
            seconds = whole(inner, next(words, ""))
            if seconds < 1:
                raise inner.place.error("lvs_timeouts takes seconds from 1 on")
            self.timeouts = self.timeouts._replace(**{_TIMEOUTS[word]: seconds})
        self._timeouts_place = inner.place

    def _read_sync(self, inner: Statement) -> None:
        """`lvs_sync_daemon IF [[inst] VRRP] [id N] [maxlen N] [port N] [ttl N] [group IP]`: both roles."""
        if self._sync_place is not None:
            raise inner.place.error("lvs_sync_daemon stands twice")
        self._sync_place = inner.place
        words = iter(inner.words[1:])
        interface, instance, group = next(words, ""), "", SYNC_GROUP
        numbers: dict[str, int] = {}
        for word in words:
            if word in _NUMBERS:
                numbers[_NUMBERS[word]] = whole(inner, next(words, ""))
            elif word == "group":
                group = next(words, "")
            elif not instance:
                instance = next(words, "") if word == "inst" else word
            else:
                raise inner.place.error(f"{quoted(word)} is unexpected in lvs_sync_daemon")
        if instance:
            message = f"its role follows the VRRP instance {quoted(instance)}"
            leave_out(inner, f"{message}, and a table says which daemons run", self._remarks)
            return
        self.sync = tuple(
            SyncDaemon(
                role,
                interface,
                numbers.get("syncid", 0),
                numbers.get("maxlen", default_maxlen(group)),
                group,
                numbers.get("port", SYNC_PORT),
                numbers.get("ttl", SYNC_TTL),
            )
            for role in ROLES
        )
