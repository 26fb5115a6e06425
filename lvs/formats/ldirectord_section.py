"""One `virtual=` of an ldirectord.cf with the indented lines below it → a service."""

import re
from typing import NamedTuple

from lvs.addresses import FULL_NETMASK, Family
from lvs.formats.errors import quoted
from lvs.formats.ldirectord_real import Real, reals_of, server_of
from lvs.formats.ldirectord_words import CHECKTYPES, IN_VIRTUAL, SECRETS
from lvs.formats.place import Budget, Place, Remarks
from lvs.formats.surroundings import Surroundings, read_address, read_port
from lvs.model import Protocol, VirtualService

SETTING = re.compile(r"([A-Za-z0-9]+)\s*=\s*(.*)", re.DOTALL)
_VIRTUAL = re.compile(r"(\[[^\]]*\]|[^:\s\[\]]+):([A-Za-z0-9_.+-]+)\s*|([0-9]+)\s*")


class Found(NamedTuple):
    """A service, and where its fields stand."""

    service: VirtualService
    place: Place
    lines: dict[str, Place]
    reals: list[Real]


class Section:
    """A `virtual=` with the indented lines below it."""

    def __init__(
        self, value: str, family: Family, place: Place, around: Surroundings, remarks: Remarks
    ) -> None:
        match = _VIRTUAL.fullmatch(value)
        if not match:
            wanted = "10.0.0.1:80, [2001:db8::1]:80 (as virtual6) or a firewall mark"
            raise place.error(f"{quoted(value)} is no virtual service: write {wanted}")
        self._host, self._port, mark = match.groups()
        self._mark = int(mark[:20]) if mark else 0
        self._family, self._place = family, place
        self._around, self._remarks = around, remarks
        self._values: dict[str, str] = {}
        self._lines: dict[str, Place] = {}
        self._reals: list[tuple[str, Place]] = []
        if mark and not self._mark:
            raise place.error("the firewall mark must be from 1 on")

    def take(self, line: str, place: Place) -> None:
        """Read one indented line."""
        if not line:
            return
        setting = SETTING.fullmatch(line)
        name, value = setting.groups() if setting else (line, "")
        real = "real6" if self._family == "inet6" else "real"
        if setting and name in ("real", "real6"):
            if name != real:
                raise place.error(f"{name} does not go with this family: write {real}")
            self._reals.append((value, place))
        elif setting and name in _CHECKS:
            if not re.fullmatch(_CHECKS[name][0], value):
                raise place.error(f"{name} can't be {quoted(value)}: {_CHECKS[name][1]}")
            self._values[name], self._lines[name] = value, place
        elif line == "service=none":
            return  # no check: nothing is left out
        elif setting and name in IN_VIRTUAL:
            shown = name if name in SECRETS else line
            self._remarks.leave_out(place, f"{quoted(shown, 60)}: {IN_VIRTUAL[name]}")
        else:
            raise place.error(f"{quoted(line)} is no setting of a virtual service")

    def end(self, budget: Budget) -> Found:
        """The service, once all its lines are read."""
        protocol = self._protocol()
        address, port = "", 0
        if not self._mark:
            host = self._host.removeprefix("[").removesuffix("]")
            if self._host.startswith("[") != (self._family == "inet6") and ":" in host:
                raise self._place.error("an IPv6 address belongs into virtual6=[…]:port")
            address = read_address(host, self._family, self._place.line, self._around)
            port = read_port(self._port, protocol, self._place.line, self._around)
        persistence = int(self._values.get("persistent", "0"))
        netmask = self._netmask(persistence)
        off = self._check_type() == "off"
        reals = [
            real
            for value, place in self._reals
            for real in reals_of(value, place, self._family, self._around, self._remarks, budget)
        ]
        service = VirtualService(
            self._family,
            protocol,  # type: ignore[arg-type]  # one of the choices
            address,
            port,
            self._mark,
            self._values.get("scheduler", "wrr"),
            tuple(flag for flag in self._values.get("schedflags", "").split(",") if flag),
            persistence,
            netmask,
            one_packet=self._one_packet(protocol),
            real_servers=tuple(
                server_of(real, port, marked=self._mark > 0, off=off, remarks=self._remarks)
                for real in reals
            ),
        )
        return Found(service, self._place, self._lines, reals)

    def _protocol(self) -> Protocol | str:
        said = self._values.get("protocol")
        if self._mark:
            if said not in (None, "fwm"):
                raise self._lines["protocol"].error("the protocol of a firewall mark is fwm")
            return ""
        if said == "fwm":
            raise self._lines["protocol"].error("fwm goes with a firewall mark only: tcp or udp")
        return said or ("udp" if self._port in ("53", "domain") else "tcp")

    def _one_packet(self, protocol: str) -> bool:
        wanted = self._values.get("ops") == "yes"
        if not wanted or protocol == "udp":
            return wanted
        place = self._lines["ops"]
        self._remarks.warn(place, "ops works for protocol udp only: ldirectord does not set it")
        return False

    def _netmask(self, persistence: int) -> str:
        if "persistent" in self._values and persistence < 1:
            raise self._lines["persistent"].error("persistent takes seconds from 1 on")
        netmask = self._values.get("netmask", "")
        if netmask and not persistence:
            place = self._lines["netmask"]
            self._remarks.warn(place, "without persistent= ldirectord does not set the netmask")
        return netmask if netmask and persistence else FULL_NETMASK[self._family]

    def _check_type(self) -> str:
        kind = self._values.get("checktype", "")
        if kind in ("", "on"):  # on: no check at all
            return kind
        message = f"{quoted(f'checktype={kind}')}: {IN_VIRTUAL['service']}"
        if kind == "off":
            message += ", and with off it activates no real server: they are carried with weight 0"
        self._remarks.leave_out(self._lines["checktype"], message)
        return kind


_CHECKS = {
    "scheduler": (r"[a-z]+", "write a name like wrr"),
    "schedflags": (r"\S+", "write names like sh-port, with commas between them"),
    "persistent": (r"[0-9]{1,18}", "write a number of seconds"),
    "netmask": (r"[0-9.]+", "write a netmask like 255.255.255.0, or a prefix length for IPv6"),
    "protocol": (r"tcp|udp|fwm", "write tcp, udp or, for a firewall mark, fwm"),
    "ops": (r"yes|no", "write yes or no"),
    "checktype": ("|".join((*CHECKTYPES, "[0-9]+")), f"write {', '.join(CHECKTYPES)} or a number"),
}
