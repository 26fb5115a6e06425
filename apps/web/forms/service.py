"""The settings of one virtual service, as people type them."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django import forms

from apps.changes.abilities import PARTS, Ability, no_part, no_scheduler
from apps.web.forms.fields import ReasonedSelect, TiedForm, missing, number, or_else, text
from lvs.addresses import FULL_NETMASK, Family, family_of
from lvs.model import Protocol, RealServer, VirtualService
from lvs.rules import SCHEDULERS, flags_of, spare_flags_of

NAMED_FLAGS = ("sh", "mh")  # schedulers whose flags have names of their own


class ServiceForm(TiedForm):
    """The settings of the service itself. `applies` says which fields mean anything now."""

    kind = forms.ChoiceField(
        label="Clients reach it by",
        choices=[("address", "Address and port"), ("fwmark", "Firewall mark")],
        initial="address",
        widget=forms.RadioSelect,
    )
    protocol = forms.ChoiceField(
        label="Protocol",
        choices=[("tcp", "TCP"), ("udp", "UDP"), ("sctp", "SCTP")],
        widget=ReasonedSelect,
    )
    address = text("Address", "The virtual IP (VIP) that clients connect to.", required=False)
    port = number("Port", "0 = every port, with persistence only.", required=False)
    fwmark = number("Firewall mark", "As set by nftables or iptables.", required=False)
    family = forms.ChoiceField(
        label="Family", choices=[("inet", "IPv4"), ("inet6", "IPv6")], widget=ReasonedSelect
    )
    scheduler = forms.ChoiceField(
        label="Scheduler",
        initial="wlc",
        choices=[(name, f"{name}: {about}") for name, about in SCHEDULERS.items()],
        widget=ReasonedSelect,
    )
    persistent = forms.BooleanField(
        label="Keep each client on its real server (persistence)", required=False
    )
    persistence = number("For how many seconds", initial_value="300", required=False)
    netmask = text("Clients that count as one", required=False)
    persistence_engine = forms.ChoiceField(
        label="Persistence engine",
        required=False,
        choices=[("", "Client address"), ("sip", "sip: SIP call-ID (UDP only)")],
        widget=ReasonedSelect,
    )
    flag_fallback = forms.BooleanField(
        label="Fall back to another server when the chosen one is unavailable", required=False
    )
    flag_port = forms.BooleanField(label="Hash the client's port too", required=False)
    flag_1 = forms.BooleanField(label="flag-1", required=False)
    flag_2 = forms.BooleanField(label="flag-2", required=False)
    flag_3 = forms.BooleanField(label="flag-3", required=False)
    one_packet = forms.BooleanField(
        label="Schedule each packet on its own (one-packet, UDP only)", required=False
    )

    def __init__(
        self,
        *args: Any,
        old: VirtualService | None = None,
        abilities: Sequence[Ability] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        reasons = {name: no_part(name, abilities) for name in PARTS}
        self._explain(
            "scheduler", {name: no_scheduler(name, abilities) for name in SCHEDULERS}, old
        )
        for name in ("protocol", "family", "persistence_engine"):
            self._explain(name, reasons, old)

    def _explain(self, name: str, reasons: dict[str, str], old: VirtualService | None) -> None:
        """Switch off what some director can't do, but not what the service has already."""
        widget = cast(ReasonedSelect, self.fields[name].widget)
        widget.reasons = reasons
        widget.kept = {getattr(old, name)} if old else ()

    def now(self, name: str) -> Any:
        """What the field holds at the moment, typed or initial."""
        return self[name].value()

    @property
    def applies(self) -> dict[str, bool]:
        """Which parts of the form mean anything with what is chosen; the others are hidden."""
        mark = self.now("kind") == "fwmark"
        family = self.now("family") if mark else family_of(str(self.now("address") or ""))
        udp = mark or self.now("protocol") == "udp"
        persistent = bool(self.now("persistent"))
        return {
            "mark": mark,
            "addressed": not mark,
            "persistent": persistent,
            "not_persistent": not persistent,
            "no_named_flags": self.now("scheduler") not in NAMED_FLAGS,
            "named_flags": self.now("scheduler") in NAMED_FLAGS,
            "not_udp": not udp,
            "no_engine": not (persistent and udp),
            "inet6": family == "inet6",
        }

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen kind needs."""
        data = super().clean() or {}
        mark = data.get("kind") == "fwmark"
        needed = ["fwmark"] if mark else ["address", "port"]
        needed += ["persistence"] if data.get("persistent") else []
        for name in needed:
            if name not in self.errors and data.get(name) in (None, ""):
                self.add_error(name, missing(str(self.fields[name].label)))
        if data.get("persistent") and data.get("persistence") == 0:
            self.add_error("persistence", "Persistence needs at least 1 second.")
        unused = {"address", "port", "protocol"} if mark else {"fwmark", "family"}
        unused |= set() if data.get("persistent") else {"persistence", "netmask"}
        for name in unused & set(self.errors):
            del self.errors[name]  # hidden: what stands there means nothing
        return data

    def service(self, servers: Iterable[RealServer] = ()) -> VirtualService:
        """The service as typed; a field with an error gives its default."""
        data = self.cleaned_data
        mark = data.get("kind") == "fwmark"
        address = "" if mark else data.get("address") or ""
        family = cast(Family, data.get("family", "inet") if mark else family_of(address))
        persistent = bool(data.get("persistent"))
        scheduler = data.get("scheduler", "wlc")
        return VirtualService(
            family=family,
            protocol="" if mark else cast(Protocol, data.get("protocol", "tcp")),
            address=address,
            port=0 if mark else or_else(data.get("port"), 1),
            fwmark=or_else(data.get("fwmark"), 1) if mark else 0,
            scheduler=scheduler,
            flags=self._flags(scheduler),
            persistence=or_else(data.get("persistence"), 300) if persistent else 0,
            netmask=(persistent and data.get("netmask")) or FULL_NETMASK[family],
            persistence_engine=data.get("persistence_engine", "") if persistent else "",
            one_packet=bool(data.get("one_packet")) and (mark or data.get("protocol") == "udp"),
            real_servers=tuple(servers),
        )

    def _flags(self, scheduler: str) -> tuple[str, ...]:
        """The ticked ones of those that show for this scheduler."""
        shown = dict.fromkeys((*flags_of(scheduler), *spare_flags_of(scheduler)))
        return tuple(flag for flag in shown if self.cleaned_data.get(field_of_flag(flag)))


def field_of_flag(flag: str) -> str:
    """`sh-fallback` → `flag_fallback`, `flag-3` → `flag_3`."""
    return f"flag_{flag.rpartition('-')[2]}"
