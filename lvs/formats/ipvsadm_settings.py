"""Timeouts and sync daemons as lines for `ipvsadm -R`, which takes `--set`, `--start-daemon` and
`--stop-daemon` too (seen with 1.31; `ipvsadm -S` prints none of them).
"""

import re

from lvs.formats.errors import FormatError, quoted
from lvs.model import Table
from lvs.rules import Path
from lvs.setting_step import daemon_arguments, timeout_arguments
from lvs.settings import (
    ROLES,
    SYNC_GROUP,
    SYNC_PORT,
    SYNC_TTL,
    Role,
    SyncDaemon,
    Timeouts,
    default_maxlen,
)

_COMMANDS = ("--set", "--start-daemon", "--stop-daemon")
_DAEMON_OPTIONS = {
    "--mcast-interface": "interface",
    "--syncid": "syncid",
    "--sync-maxlen": "maxlen",
    "--mcast-group": "group",
    "--mcast-port": "port",
    "--mcast-ttl": "ttl",
}


def setting_lines(table: Table) -> tuple[list[str], list[str]]:
    """The lines before those of the services, and those after them.

    A role that must not run is stopped: ipvsadm only says so where it does not run anyhow.
    """
    first: list[str] = []
    if table.timeouts.given:
        first.append(" ".join(timeout_arguments(table.timeouts)))
    if table.sync is None:
        return first, []
    running = {daemon.role for daemon in table.sync}
    first += (f"--stop-daemon {role}" for role in ROLES if role not in running)
    return first, [" ".join(daemon_arguments(daemon)) for daemon in table.sync]


def is_setting(words: list[str]) -> bool:
    """Whether a line is one of these."""
    return words[0].partition("=")[0] in _COMMANDS


class Settings:
    """Gathers what such lines say, one after the other."""

    def __init__(self) -> None:
        self.timeouts = Timeouts()
        self._lines: dict[str, int] = {}
        self._daemons: dict[str, tuple[SyncDaemon, int]] = {}
        self._spoken_of = False

    def take(self, words: list[str], number: int) -> None:
        """Read one line. Raises FormatError, as ipvsadm would refuse it."""
        command, equals, argument = words[0].partition("=")
        rest = [argument, *words[1:]] if equals else words[1:]
        if command == "--set":
            self._set(rest, number)
            return
        self._spoken_of = True
        role = next((role for role in ROLES if rest[:1] == [role]), None)
        if role is None:
            raise FormatError(number, f"{command} takes master or backup after it")
        if command == "--stop-daemon":
            if len(rest) > 1:
                raise FormatError(number, f"{quoted(rest[1])} is unexpected after {role}")
            self._daemons.pop(role, None)
            return
        if role in self._daemons:
            raise FormatError(number, f"a {role} sync daemon is started by an earlier line")
        self._daemons[role] = _daemon(role, rest[1:], number), number

    @property
    def sync(self) -> tuple[SyncDaemon, ...] | None:
        """The daemons; None where no line speaks of them."""
        if not self._spoken_of:
            return None
        return tuple(daemon for daemon, _ in self._daemons.values())

    def line_of(self, path: Path) -> int | None:
        """The line of a path that begins with `timeouts` or `sync`."""
        match path:
            case ("timeouts", str(name)):
                return self._lines.get(name)
            case ("sync", int(index), *_):
                return list(self._daemons.values())[index][1]
            case ("sync", *_) if self._daemons:
                return max(number for _, number in self._daemons.values())
        return None

    def _set(self, rest: list[str], number: int) -> None:
        if len(rest) != 3:
            message = "--set takes three numbers of seconds: TCP, TCP after FIN, UDP"
            raise FormatError(number, message)
        for name, text in zip(Timeouts._fields, rest, strict=True):
            seconds = _number("--set", text, number)
            if seconds:
                self.timeouts = self.timeouts._replace(**{name: seconds})
                self._lines[name] = number


def _daemon(role: Role, words: list[str], number: int) -> SyncDaemon:
    texts: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, equals, argument = word.partition("=")
        field = _DAEMON_OPTIONS.get(name)
        if field is None:
            raise FormatError(number, f"{quoted(word)} is no option of --start-daemon")
        if field in texts:
            raise FormatError(number, f"{name} stands twice in this line")
        value = argument if equals else next(rest, None)
        if value is None:
            raise FormatError(number, f"{name} needs an argument after it")
        texts[field] = value
    if "interface" not in texts:
        raise FormatError(number, "--start-daemon needs --mcast-interface and its name")
    interface, group = texts.pop("interface"), texts.pop("group", SYNC_GROUP)
    numbers = {field: _number(field, text, number) for field, text in texts.items()}
    return SyncDaemon(
        role,
        interface,
        numbers.get("syncid", 0),
        numbers.get("maxlen", default_maxlen(group)),
        group,
        numbers.get("port", SYNC_PORT),
        numbers.get("ttl", SYNC_TTL),
    )


def _number(name: str, text: str, number: int) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise FormatError(number, f"{name} takes a whole number, not {quoted(text)}")
    return int(text)
