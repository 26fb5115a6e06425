"""One step of a plan that changes a setting of the director, in words and as a command: pure."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from lvs.diff_settings import described, timeout_texts
from lvs.settings import Setting, SyncDaemon, Sysctl, Timeouts

SettingKind = Literal["stop daemon", "set sysctl", "set timeouts", "start daemon"]
FIRST_KINDS: tuple[SettingKind, ...] = ("stop daemon", "set sysctl", "set timeouts")
"""Before the services: sysctls decide what becomes of the connections of what is removed, some can't
be written while a daemon runs, and a daemon stands in the way of real servers of the other family."""
LAST_KINDS: tuple[SettingKind, ...] = ("start daemon",)
SETTING_KINDS: tuple[SettingKind, ...] = (*FIRST_KINDS, *LAST_KINDS)


class SettingStep(NamedTuple):
    """One change of the director's settings.

    `setting` is the state after the step, or the daemon that is stopped; of the timeouts it holds those
    that change. `before` is what the step finds: None for a daemon, and for what is not known.
    """

    kind: SettingKind
    setting: Setting
    before: Setting | None = None

    @property
    def identity(self) -> tuple[str, object]:
        """What tells it from the other steps of a plan."""
        setting = self.setting
        if isinstance(setting, Sysctl):
            return (self.kind, setting.name)
        return (self.kind, setting.role if isinstance(setting, SyncDaemon) else "")

    def text(self) -> str:
        """The step as a sentence, e.g. `Set the TCP timeout from 900 s to 300 s`."""
        return _TEXTS[self.kind](self)

    def command(self) -> str:
        """The equal command: of ipvsadm 1.31, or sysctl."""
        return " ".join(_COMMANDS[self.kind](self))


def _daemon(step: SettingStep) -> SyncDaemon:
    if not isinstance(step.setting, SyncDaemon):
        raise ValueError(f"the step “{step.kind}” names no sync daemon")
    return step.setting


def _timeouts(step: SettingStep) -> Timeouts:
    if not isinstance(step.setting, Timeouts):
        raise ValueError(f"the step “{step.kind}” names no timeouts")
    return step.setting


def _sysctl(step: SettingStep) -> Sysctl:
    if not isinstance(step.setting, Sysctl):
        raise ValueError(f"the step “{step.kind}” names no sysctl")
    return step.setting


def _set_timeouts(step: SettingStep) -> str:
    before = timeout_texts(step.before) if isinstance(step.before, Timeouts) else {}
    after = timeout_texts(_timeouts(step))
    changes = [f"the {title}{_from(before.get(title))} to {text}" for title, text in after.items()]
    return f"Set {', '.join(changes)}"


def _set_sysctl(step: SettingStep) -> str:
    sysctl = _sysctl(step)
    before = step.before.value if isinstance(step.before, Sysctl) else None
    return f"Set {sysctl}{_from(before)} to {sysctl.value}"


def _from(before: str | None) -> str:
    """Nothing, where it isn't known what the step finds."""
    return "" if before is None else f" from {before}"


def _start(step: SettingStep) -> str:
    daemon = _daemon(step)
    return f"Start the {daemon.role} sync daemon with {described(daemon)}"


def _stop(step: SettingStep) -> str:
    return f"Stop the {_daemon(step)}"


_TEXTS: dict[SettingKind, Callable[[SettingStep], str]] = {
    "stop daemon": _stop,
    "set sysctl": _set_sysctl,
    "set timeouts": _set_timeouts,
    "start daemon": _start,
}


def timeout_arguments(timeouts: Timeouts) -> list[str]:
    """`--set TCP TCP_FIN UDP`; 0 leaves one as it is."""
    return ["--set", *map(str, timeouts)]


def daemon_arguments(daemon: SyncDaemon) -> list[str]:
    """`--start-daemon ROLE …` with every option."""
    return [
        *("--start-daemon", daemon.role, "--mcast-interface", daemon.interface),
        *("--syncid", str(daemon.syncid), "--sync-maxlen", str(daemon.maxlen)),
        *("--mcast-group", daemon.group, "--mcast-port", str(daemon.port)),
        *("--mcast-ttl", str(daemon.ttl)),
    ]


def _sysctl_command(step: SettingStep) -> list[str]:
    sysctl = _sysctl(step)
    value = f"'{sysctl.value}'" if " " in sysctl.value else sysctl.value
    return ["sysctl", "-w", f"{sysctl}={value}"]


_COMMANDS: dict[SettingKind, Callable[[SettingStep], list[str]]] = {
    "stop daemon": lambda step: ["ipvsadm", "--stop-daemon", _daemon(step).role],
    "set sysctl": _sysctl_command,
    "set timeouts": lambda step: ["ipvsadm", *timeout_arguments(_timeouts(step))],
    "start daemon": lambda step: ["ipvsadm", *daemon_arguments(_daemon(step))],
}
