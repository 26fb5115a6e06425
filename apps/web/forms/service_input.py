"""A virtual service with its real servers, as people type them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from apps.changes.abilities import NEEDS, Ability, too_old
from apps.web.forms.fields import TiedForm
from apps.web.forms.server import ServerForm, initial_of
from apps.web.forms.service import ServiceForm, field_of_flag
from apps.web.forms.typed import Typed
from lvs.addresses import FULL_NETMASK
from lvs.model import VirtualService
from lvs.rules import Path

MOST_SERVERS = 1000


class ServiceInput(Typed):
    """Service and real servers together: what one page posts."""

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        old: VirtualService | None = None,
        abilities: Sequence[Ability] = (),
        like: VirtualService | None = None,
    ) -> None:
        """data: as posted, None = not yet; old: as it is stored; abilities: of the directors; like: what
        the form of a new one is filled with."""
        super().__init__()
        self.old = old
        like = old or like
        servers = like.real_servers if like else ()
        self._reasons = {value: too_old(value, abilities) for value in NEEDS}
        self._kept = {value for s in servers for value in (s.tunnel_type, s.tunnel_checksum)}
        if data is None:
            self.form = ServiceForm(old=old, abilities=abilities, initial=_initial(like))
            self.rows = [
                self._row(str(i), initial=initial_of(server)) for i, server in enumerate(servers)
            ] or [self._row("0", initial={"forwarding": "masquerade"})]
        else:
            self.form = ServiceForm(data, old=old, abilities=abilities)
            self.rows = [self._row(number, data) for number in row_numbers(data)]

    def _row(self, number: str, *args: Any, **kwargs: Any) -> ServerForm:
        prefix = f"servers-{number}"
        return ServerForm(*args, prefix=prefix, reasons=self._reasons, kept=self._kept, **kwargs)

    @property
    def blank_row(self) -> ServerForm:
        """What a script makes further rows of: it puts a number in the place of __n__."""
        return self._row("__n__")

    @property
    def advanced_open(self) -> bool:
        """Whether the fold of rare settings holds something to see."""
        names = [name for name in self.form.fields if name.startswith("flag_")]
        return any(self.form.now(n) or self.form[n].errors for n in (*names, "one_packet"))

    @property
    def filled(self) -> list[ServerForm]:
        """The rows that hold anything."""
        return [row for row in self.rows if not row.blank]

    @property
    def forms(self) -> list[TiedForm]:
        """The service's form and every row."""
        return [self.form, *self.rows]

    @property
    def counting(self) -> list[TiedForm]:
        """The service's form and the rows that hold anything."""
        return [self.form, *self.filled]

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
        return self.form.service(row.server() for row in self.filled)

    def field_of(self, path: Path) -> tuple[TiedForm | None, str]:
        """As `Typed.field_of`; paths start at the service."""
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


def row_numbers(data: Mapping[str, Any]) -> list[str]:
    """The numbers of the rows in a posted form, in the order in which they stand on the page."""
    found = (re.fullmatch(r"servers-([0-9]{1,6})-address", name) for name in data)
    return [match[1] for match in found if match]


def _initial(old: VirtualService | None) -> dict[str, Any]:
    if old is None:
        return {"protocol": "tcp", "family": "inet"}
    initial = old._asdict()
    initial["kind"] = "fwmark" if old.fwmark else "address"
    initial |= {"port": ""} if old.fwmark else {"fwmark": ""}
    initial["persistent"] = old.persistence > 0
    initial["persistence"] = old.persistence or 300
    initial["netmask"] = "" if old.netmask == FULL_NETMASK[old.family] else old.netmask
    return initial | {field_of_flag(flag): True for flag in old.flags}
