"""The settings of a draft, as people type them: timeouts, sync daemons, sysctls."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from apps.changes.abilities import Ability, no_sysctl, too_old
from apps.web.forms.fields import TiedForm, number, or_else, text
from lvs.rules import SWITCHED_BY_THE_KERNEL, SYSCTLS
from lvs.settings import (
    KERNEL_TIMEOUTS,
    SYNC_GROUP,
    SYNC_PORT,
    SYNC_TTL,
    Role,
    SyncDaemon,
    Sysctl,
    Timeouts,
    default_maxlen,
)

LEAVE = "Leave as it is"
FEW = 3
"""The highest value of a sysctl whose values are all offered in a list."""
OPTIONS = ("maxlen", "group", "port", "ttl")
"""The fields of a daemon that stand in a fold."""


def _seconds(label: str, name: str) -> forms.IntegerField:
    default = getattr(KERNEL_TIMEOUTS, name)
    field = number(f"{label}, in seconds", f"A fresh kernel has {default}.", required=False)
    field.widget.attrs["placeholder"] = LEAVE
    return field


class TimeoutsForm(TiedForm):
    """How long idle connections are kept. An empty field decides nothing."""

    tcp = _seconds("Idle TCP", "tcp")
    tcp_fin = _seconds("TCP after a FIN", "tcp_fin")
    udp = _seconds("Idle UDP", "udp")

    def timeouts(self) -> Timeouts:
        """As typed; a field with an error decides nothing."""
        return Timeouts(*(or_else(self.cleaned_data.get(n), 0) for n in Timeouts._fields))


class SyncForm(TiedForm):
    """Which sync daemons run."""

    mode = forms.ChoiceField(
        label="Sync daemons",
        choices=[
            ("leave", "Leave them as each director has them"),
            ("none", "None may run"),
            ("run", "Run these"),
        ],
        initial="leave",
        widget=forms.RadioSelect,
    )
    master = forms.BooleanField(
        label="Master", help_text="Sends copies of its connections.", required=False
    )
    backup = forms.BooleanField(
        label="Backup", help_text="Takes copies, ready to go on with them.", required=False
    )

    @property
    def runs(self) -> dict[str, bool]:
        """Which daemons are to run, as it is chosen now."""
        run = self["mode"].value() == "run"
        return {role: run and bool(self[role].value()) for role in ("master", "backup")}

    def clean(self) -> dict[str, Any]:
        """“Run these” needs one."""
        data = super().clean() or {}
        if data.get("mode") == "run" and not (data.get("master") or data.get("backup")):
            self.add_error("mode", "Choose master, backup, or both.")
        return data


class DaemonForm(TiedForm):
    """One sync daemon. What is left empty is the kernel's default."""

    interface = text(
        "Interface", "Whose network carries the copies.", maxlength="15", list="interfaces"
    )
    syncid = number(
        "Sync id",
        "0 to 255. A backup takes only packets of its own id, with 0 all of them.",
        initial_value="0",
    )
    maxlen = number("Message length, in bytes", required=False)
    group = text("Multicast group", required=False, placeholder=SYNC_GROUP)
    port = number("UDP port", required=False)
    ttl = number("Time to live", "How many routers it may pass.", required=False)

    def __init__(self, *args: Any, abilities: Sequence[Ability] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usual = {"maxlen": default_maxlen(SYNC_GROUP), "port": SYNC_PORT, "ttl": SYNC_TTL}
        for name, value in usual.items():
            self.fields[name].widget.attrs["placeholder"] = str(value)
        self.reason = too_old("sync options", abilities)
        """Why the fields of the fold can't be used."""
        for name in OPTIONS if self.reason else ():
            if not self[name].value():
                self.fields[name].widget.attrs["disabled"] = True

    @property
    def options_open(self) -> bool:
        """Whether the fold holds something to see."""
        return any(self[name].value() or self[name].errors for name in OPTIONS)

    def daemon(self, role: Role) -> SyncDaemon:
        """As typed; a field with an error gives its default."""
        data = self.cleaned_data
        return SyncDaemon(
            role,
            data.get("interface") or "eth0",
            or_else(data.get("syncid"), 0),
            or_else(data.get("maxlen"), 0),
            data.get("group") or SYNC_GROUP,
            or_else(data.get("port"), 0),
            or_else(data.get("ttl"), 0),
        )


def initial_of(daemon: SyncDaemon) -> dict[str, Any]:
    """What the form of a stored daemon begins with: defaults are left empty."""
    initial = daemon._asdict()
    usual = {
        "maxlen": default_maxlen(daemon.group),
        "group": SYNC_GROUP,
        "port": SYNC_PORT,
        "ttl": SYNC_TTL,
    }
    return initial | {name: "" for name, value in usual.items() if initial[name] == value}


class SysctlsForm(TiedForm):
    """Every sysctl of IPVS; one that is left empty is not decided."""

    def __init__(self, *args: Any, abilities: Sequence[Ability] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SYSCTLS:
            self.fields[name] = _sysctl_field(name)
            self._tie(name, self.fields[name])
        self.reasons = {name: no_sysctl(name, abilities) for name in SYSCTLS}
        """Why one can't be set; "" = it can."""
        for name in SYSCTLS:
            self._fit(name)

    def _fit(self, name: str) -> None:
        """Offer what is there already, and switch it off where a director lacks it."""
        field, value = self.fields[name], str(self[name].value() or "")
        widget = field.widget
        if isinstance(widget, forms.Select) and value not in dict(cast(Any, widget.choices)):
            widget.choices = [*widget.choices, (value, value)]
        if self.reasons[name] and not value:
            widget.attrs["disabled"] = True

    def sysctls(self) -> tuple[Sysctl, ...]:
        """Those that are set, as typed."""
        return tuple(Sysctl(n, v) for n in SYSCTLS if (v := self.cleaned_data.get(n, "")))


def _sysctl_field(name: str) -> forms.CharField:
    knob = SYSCTLS[name]
    field = text(name, knob.about, required=False)
    if knob.high <= FEW and knob.parts == 1:
        values = [str(n) for n in range(knob.low, knob.high + 1)]
        if name in SWITCHED_BY_THE_KERNEL:
            values.remove("2")  # the kernel's own: lvs.rules says why
        labels = {v: f"{v} (default)" if v == knob.default else v for v in values}
        field.widget = forms.Select(choices=[("", LEAVE), *labels.items()])
    else:
        field.widget.attrs |= {"placeholder": LEAVE, "inputmode": "numeric"}
    return field
