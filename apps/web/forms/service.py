"""One virtual service with its real servers, as people type it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms

from apps.web.forms.fields import TiedForm, number, text
from lvs.addresses import FULL_NETMASK, Family, family_of
from lvs.model import Forwarding, Protocol, RealServer, VirtualService
from lvs.rules import SCHEDULERS, Problem, spare_flags_of

MOST_SERVERS = 1000
NAMED_FLAGS = ("sh", "mh")  # schedulers whose flags have names of their own
FORWARDING = {
    "masquerade": "Masquerade (NAT)",
    "direct": "Direct (same network)",
    "tunnel": "Tunnel (IP in IP)",
}


class ServiceForm(TiedForm):
    """The settings of the service itself. `applies` says which fields mean anything now."""

    kind = forms.ChoiceField(
        label="Clients reach it by",
        choices=[("address", "Address and port"), ("fwmark", "Firewall mark")],
        initial="address",
        widget=forms.RadioSelect,
    )
    protocol = forms.ChoiceField(
        label="Protocol", choices=[("tcp", "TCP"), ("udp", "UDP"), ("sctp", "SCTP")]
    )
    address = text("Address", "The virtual IP (VIP) that clients connect to.", required=False)
    port = number("Port", "0 = every port, with persistence only.", required=False)
    fwmark = number("Firewall mark", "As set by nftables or iptables.", required=False)
    family = forms.ChoiceField(label="Family", choices=[("inet", "IPv4"), ("inet6", "IPv6")])
    scheduler = forms.ChoiceField(
        label="Scheduler",
        initial="wlc",
        choices=[(name, f"{name}: {about}") for name, about in SCHEDULERS.items()],
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
    )
    flag_fallback = forms.BooleanField(
        label="Fall back to another server when the chosen one is unavailable", required=False
    )
    flag_port = forms.BooleanField(label="Hash the client's port too", required=False)
    one_packet = forms.BooleanField(
        label="Schedule each packet on its own (one-packet, UDP only)", required=False
    )

    def __init__(self, *args: Any, old: VirtualService | None = None, **kwargs: Any) -> None:
        self.old = old
        super().__init__(*args, **kwargs)

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
            "no_flags": self.now("scheduler") not in NAMED_FLAGS,
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
                self.add_error(name, _missing(str(self.fields[name].label)))
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
            port=0 if mark else _or(data.get("port"), 1),
            fwmark=_or(data.get("fwmark"), 1) if mark else 0,
            scheduler=scheduler,
            flags=self._flags(scheduler),
            persistence=_or(data.get("persistence"), 300) if persistent else 0,
            netmask=(persistent and data.get("netmask")) or FULL_NETMASK[family],
            persistence_engine=data.get("persistence_engine", "") if persistent else "",
            one_packet=bool(data.get("one_packet")) and (mark or data.get("protocol") == "udp"),
            real_servers=tuple(servers),
        )

    def _flags(self, scheduler: str) -> tuple[str, ...]:
        # Flags without a name can't be typed here, but an edit of something else keeps them.
        kept = self.old.flags if self.old and self.old.scheduler == scheduler else ()
        if scheduler in NAMED_FLAGS:
            names = [n for n in ("fallback", "port") if self.cleaned_data.get(f"flag_{n}")]
            chosen = tuple(f"{scheduler}-{name}" for name in names)
            return chosen + tuple(flag for flag in kept if flag in spare_flags_of(scheduler))
        return kept


class ServerForm(TiedForm):
    """One real server of the service."""

    address = text("Address", required=False)
    port = number("Port", required=False)
    weight = number("Weight", "0 = no new connections", initial_value="1")
    forwarding = forms.ChoiceField(label="Forwarding", choices=list(FORWARDING.items()))
    upper_threshold = number("Upper threshold", "Connections; 0 = no limit.", initial_value="0")
    lower_threshold = number("Lower threshold", "0 = 3/4 of the upper one.", initial_value="0")

    @property
    def row(self) -> str:
        """The row's number in the names of its fields."""
        return str(self.prefix).rpartition("-")[2]

    @property
    def blank(self) -> bool:
        """Whether nobody typed an address or a port into the row."""
        return not any(str(self[name].value() or "").strip() for name in ("address", "port"))

    @property
    def thresholds_open(self) -> bool:
        """Whether the fold of thresholds holds something to see."""
        fields = [self[name] for name in ("upper_threshold", "lower_threshold")]
        return any(field.errors or str(field.value()) not in ("", "0", "None") for field in fields)

    def clean(self) -> dict[str, Any]:
        """Ask for address and port."""
        data = super().clean() or {}
        for name in ("address", "port"):
            if name not in self.errors and data.get(name) in (None, ""):
                self.add_error(name, _missing(str(self.fields[name].label)))
        return data

    def server(self, old: RealServer | None) -> RealServer:
        """The real server as typed. `old` keeps what this form has no field for (tunnel settings)."""
        data = self.cleaned_data
        base = old or RealServer("", 1)
        return base._replace(
            address=data.get("address", ""),
            port=_or(data.get("port"), 1),
            forwarding=cast(Forwarding, data.get("forwarding", "masquerade")),
            weight=_or(data.get("weight"), 1),
            upper_threshold=_or(data.get("upper_threshold"), 0),
            lower_threshold=_or(data.get("lower_threshold"), 0),
        )


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _missing(label: str) -> forms.ValidationError:
    return forms.ValidationError(f"{label} is missing.", code="required")


class ServiceInput:
    """Service and real servers together: what one page posts."""

    def __init__(
        self, data: Mapping[str, Any] | None = None, old: VirtualService | None = None
    ) -> None:
        self.old = old
        if data is None:
            self.form = ServiceForm(old=old, initial=_initial(old))
            self.rows = [
                ServerForm(prefix=f"servers-{i}", initial=server._asdict())
                for i, server in enumerate(old.real_servers if old else ())
            ] or [ServerForm(prefix="servers-0", initial={"forwarding": "masquerade"})]
        else:
            self.form = ServiceForm(data, old=old)
            self.rows = [ServerForm(data, prefix=f"servers-{i}") for i in row_numbers(data)]
        self.other: list[str] = []
        """Problems that belong to no field."""
        self.warnings: list[str] = []

    @property
    def advanced_open(self) -> bool:
        """Whether the fold of rare settings holds something to see."""
        names = ("flag_fallback", "flag_port", "one_packet")
        return any(self.form.now(name) or self.form[name].errors for name in names)

    @property
    def filled(self) -> list[ServerForm]:
        """The rows that hold anything."""
        return [row for row in self.rows if not row.blank]

    @property
    def forms(self) -> list[TiedForm]:
        """The service's form and every row."""
        return [self.form, *self.rows]

    @property
    def ok(self) -> bool:
        """Whether nothing stands against storing it."""
        return not self.other and not any(form.errors for form in (self.form, *self.filled))

    def service(self) -> VirtualService:
        """The service as typed, also where parts of it are wrong."""
        for form in self.forms:
            form.full_clean()
        for row in self.rows:
            if row.blank:
                row.errors.clear()  # an empty row means nothing
        if len(self.filled) > MOST_SERVERS:
            self.other.append(
                f"These are {len(self.filled)} real servers: a service takes {MOST_SERVERS} here."
            )
        known = {server.key: server for server in (self.old.real_servers if self.old else ())}
        servers = []
        for row in self.filled:
            data = row.cleaned_data
            servers.append(row.server(known.get((data.get("address", ""), data.get("port", 0)))))
        return self.form.service(servers)

    def forget_missing(self) -> None:
        """Drop messages about empty fields: whoever is still typing will come to them."""
        for form in self.forms:
            for name in [n for n in form.errors if n in form.fields]:
                if not str(form[name].value() or "").strip():
                    del form.errors[name]

    def blame(self, problems: Iterable[Problem]) -> None:
        """Put each problem beside its field; what has no field goes to `other`."""
        for problem in problems:
            path = problem.path[2:] if problem.path[:1] == ("services",) else problem.path
            form, name = self._field(path)
            if problem.severity == "warning":
                self.warnings.append(problem.message)
            elif form is None:
                self.other.append(problem.message)
            elif not form.has_error(name):  # one message at a time: the first is the cause
                form.add_error(name, problem.message)

    def _field(self, path: tuple[str | int, ...]) -> tuple[TiedForm | None, str]:
        match path:
            case ("real_servers", int(index), str(name), *_):
                rows = self.filled
                if index < len(rows) and name in rows[index].fields:
                    return rows[index], name
            case ("real_servers", int(index)):
                if index < len(self.filled):
                    return self.filled[index], "address"
            case (str(name), *_):
                name = _ALIASES.get(name, name)
                if name == "family":
                    name = "family" if self.form.applies["mark"] else "address"
                if name in self.form.fields:
                    return self.form, name
        return None, ""


_ALIASES = {"flags": "scheduler"}


def row_numbers(data: Mapping[str, Any]) -> list[int]:
    """The numbers of the rows in a posted form, in the order in which they stand on the page."""
    found = (re.fullmatch(r"servers-([0-9]{1,6})-address", name) for name in data)
    return [int(match[1]) for match in found if match]


def _initial(old: VirtualService | None) -> dict[str, Any]:
    if old is None:
        return {"protocol": "tcp", "family": "inet"}
    initial = old._asdict()
    initial["kind"] = "fwmark" if old.fwmark else "address"
    initial["persistent"] = old.persistence > 0
    initial["persistence"] = old.persistence or 300
    initial["netmask"] = "" if old.netmask == FULL_NETMASK[old.family] else old.netmask
    initial["flag_fallback"] = f"{old.scheduler}-fallback" in old.flags
    initial["flag_port"] = f"{old.scheduler}-port" in old.flags
    return initial
