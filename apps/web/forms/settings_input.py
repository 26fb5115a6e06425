"""All settings of a draft together, as people type them, beside what each director has now."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.forms import BoundField

from apps.changes.abilities import listed
from apps.changes.selectors import DirectorSeen
from apps.web.forms.fields import TiedForm
from apps.web.forms.settings import (
    DaemonForm,
    SyncForm,
    SysctlsForm,
    TimeoutsForm,
    initial_of,
)
from apps.web.forms.typed import Typed
from lvs.diff_settings import described
from lvs.model import Table
from lvs.rules import SYSCTLS, Path
from lvs.settings import ROLES, Timeouts

DRAIN = ("expire_nodest_conn", "expire_quiescent_template", "conn_reuse_mode")
"""They decide together what becomes of the clients of a drained or removed real server."""


class Knob(NamedTuple):
    """One setting as shown."""

    field: BoundField
    fresh: str
    """What a fresh kernel has, as a sentence."""
    now: str
    """What each director has, as last observed."""
    reason: str = ""
    """Why it can't be set."""


class SettingsInput(Typed):
    """What the page of settings posts."""

    def __init__(
        self, data: Mapping[str, Any] | None, old: Table, seen: Sequence[DirectorSeen]
    ) -> None:
        """data: as posted, None = not yet; old: the draft's table; seen: its directors."""
        super().__init__()
        self.old, self._seen = old, seen
        abilities = [director.ability for director in seen]
        running = {daemon.role: daemon for daemon in old.sync or ()}
        mode = "leave" if old.sync is None else "run" if running else "none"
        timeouts = {name: seconds or "" for name, seconds in old.timeouts._asdict().items()}
        roles = {role: role in running for role in ROLES}
        self.timeouts = TimeoutsForm(data, prefix="timeouts", initial=timeouts)
        self.sync = SyncForm(data, prefix="sync", initial={"mode": mode} | roles)
        self.daemons = {
            role: DaemonForm(
                data,
                prefix=role,
                abilities=abilities,
                initial=initial_of(running[role]) if role in running else {},
            )
            for role in ROLES
        }
        self.sysctls = SysctlsForm(
            data, prefix="sysctls", abilities=abilities, initial=dict(old.sysctls)
        )

    @property
    def forms(self) -> list[TiedForm]:
        """Every form on the page."""
        return [self.timeouts, self.sync, *self.daemons.values(), self.sysctls]

    @property
    def counting(self) -> list[TiedForm]:
        """Without the daemons that are not to run."""
        return [self.timeouts, self.sync, *self._running, self.sysctls]

    @property
    def _running(self) -> list[DaemonForm]:
        return [form for role, form in self.daemons.items() if self.sync.runs[role]]

    def table(self) -> Table:
        """The draft's table with the settings as typed, also where parts of them are wrong."""
        for form in self.forms:
            form.full_clean()
        runs = self.sync.runs
        for role in ROLES:
            if not runs[role]:
                self.daemons[role].errors.clear()  # hidden: what stands there means nothing
        daemons = tuple(self.daemons[role].daemon(role) for role in ROLES if runs[role])
        leave = self.sync["mode"].value() not in ("none", "run")
        return self.old._replace(
            timeouts=self.timeouts.timeouts(),
            sync=None if leave else daemons,
            sysctls=self.sysctls.sysctls(),
        )

    def field_of(self, path: Path) -> tuple[TiedForm | None, str]:
        """As `Typed.field_of`."""
        match path:
            case ("timeouts", str(name), *_) if name in self.timeouts.fields:
                return self.timeouts, name
            case ("sync", int(index), str(name), *_) if index < len(self._running):
                form = self._running[index]
                return (form, name) if name in form.fields else (form, "interface")
            case ("sync", *_):
                return self.sync, "mode"
            case ("sysctls", str(name), *_) if name in self.sysctls.fields:
                return self.sysctls, name
        return None, ""

    @property
    def interfaces(self) -> list[str]:
        """What directors have, to choose from."""
        return list(dict.fromkeys(name for seen in self._seen for name in seen.interfaces))

    @property
    def timeout_knobs(self) -> list[Knob]:
        """The three timeouts."""
        return [
            Knob(self.timeouts[name], "", self._now(partial(_seconds, name)))
            for name in Timeouts._fields
        ]

    @property
    def daemons_now(self) -> str:
        """Which daemons the directors run."""
        return self._now(_daemons)

    @property
    def no_daemons(self) -> bool:
        """Whether it is not chosen now that any daemon runs."""
        return bool(self.sync["mode"].value() != "run")

    @property
    def drain(self) -> list[Knob]:
        """The sysctls that decide how a drain ends."""
        return [self._sysctl(name) for name in DRAIN]

    @property
    def about_connections(self) -> list[Knob]:
        """The other sysctls that decide how connections live and die."""
        names = [name for name, knob in SYSCTLS.items() if knob.about_connections]
        return [self._sysctl(name) for name in names if name not in DRAIN]

    @property
    def rest(self) -> list[Knob]:
        """All other sysctls."""
        return [self._sysctl(name) for name, knob in SYSCTLS.items() if not knob.about_connections]

    @property
    def rest_open(self) -> bool:
        """Whether the fold of the rest holds something to see."""
        return any(knob.field.value() or knob.field.errors for knob in self.rest)

    def _sysctl(self, name: str) -> Knob:
        now = self._now(lambda table: dict(table.sysctls).get(name, ""))
        default = SYSCTLS[name].default
        fresh = (
            f"A fresh kernel has {default}."
            if default
            else "A fresh kernel chooses it by the host's memory."
        )
        return Knob(self.sysctls[name], fresh, now, self.sysctls.reasons[name])

    def _now(self, read: Callable[[Table], str]) -> str:
        """`0 on lvs-1, 1 on lvs-2, not reported by lvs-3`; "" where there is no director.

        A director that has no such setting is left out: why it can't be set is said elsewhere.
        """
        by_value: dict[str, list[str]] = {}
        for seen in self._seen:
            if seen.settings is not None and (value := read(seen.settings)):
                by_value.setdefault(value, []).append(seen.name)
        if [len(names) for names in by_value.values()] == [len(self._seen)] != [1]:
            return f"{next(iter(by_value))} on every director"
        texts = [f"{value} on {listed(names)}" for value, names in by_value.items()]
        silent = [seen.name for seen in self._seen if seen.settings is None]
        return ", ".join(texts + ([f"not reported by {listed(silent)}"] if silent else []))


def _seconds(name: str, table: Table) -> str:
    seconds = getattr(table.timeouts, name)
    return f"{seconds} s" if seconds else ""


def _daemons(table: Table) -> str:
    if table.sync is None:
        return ""
    return "; ".join(f"{d.role} ({described(d)})" for d in table.sync) or "none"
