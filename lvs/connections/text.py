"""Connections and templates for people: columns, sentences, a summary. Pure."""

from typing import Any

from lvs.addresses import endpoint
from lvs.connections.filters import Kind
from lvs.connections.row import Connection
from lvs.connections.services import Owner, covered, remark

CONNECTION_TITLE = ("PROTO", "STATE", "LEFT", "CLIENT", "SERVICE", "REAL SERVER", "ORIGIN")
TEMPLATE_TITLE = ("PROTO", "STATE", "LEFT", "CLIENTS", "SERVICE", "REAL SERVER", "ORIGIN", "REMARK")
_HELD = 200
"""Rows that are looked at for the width of columns before the first is given out."""


class Columns:
    """Rows of cells → aligned lines, a title first. A column grows when a later cell needs it."""

    def __init__(self, title: tuple[str, ...]) -> None:
        self._title = title
        self._widths = [0] * len(title)
        self._held: list[tuple[str, ...]] = []
        self._started = False

    def add(self, cells: tuple[str, ...]) -> str:
        """The lines that are ready now, each with its line feed; mostly that of these cells."""
        for number, cell in enumerate(cells):
            self._widths[number] = max(self._widths[number], len(cell))
        if self._started:
            return self._line(cells)
        self._held.append(cells)
        return self.rest() if len(self._held) >= _HELD else ""

    def rest(self) -> str:
        """The lines that were held back; "" when there was no row at all."""
        if not self._held:
            return ""
        self._started = True
        # A column in which nothing stands has no title either.
        title = [
            name if width else "" for name, width in zip(self._title, self._widths, strict=True)
        ]
        self._widths = [
            max(width, len(name)) for width, name in zip(self._widths, title, strict=True)
        ]
        held, self._held = self._held, []
        return "".join(map(self._line, (tuple(title), *held)))

    def _line(self, cells: tuple[str, ...]) -> str:
        pairs = zip(cells, self._widths, strict=True)
        return "  ".join(cell.ljust(width) for cell, width in pairs if width).rstrip() + "\n"


def connection_cells(row: Connection) -> tuple[str, ...]:
    """The cells under `CONNECTION_TITLE`."""
    return (
        row.protocol,
        row.state,
        clock(row.seconds),
        endpoint(row.client, row.client_port),
        endpoint(row.service, row.service_port) if not row.fwmark else row.target,
        row.server_name,
        row.origin,
    )


def template_cells(row: Connection, owner: Owner | None) -> tuple[str, ...]:
    """The cells under `TEMPLATE_TITLE`."""
    remarks = [f"{row.engine}: {row.engine_data}" if row.engine else "", remark(row, owner)]
    return (
        row.protocol or "any",
        row.state,
        clock(row.seconds),
        covered(row, owner),
        row.target.removeprefix(f"{row.protocol} "),
        row.server_name,
        row.origin,
        ", ".join(filter(None, remarks)),
    )


def clock(seconds: int) -> str:
    """`0:07`, `4:57` or `1:02:03`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def sticks(client: str, row: Connection, owner: Owner | None) -> str:
    """One sentence: to which real server a client sticks by a template, and for how long."""
    if row.given_up:
        return (
            f"{client} no longer sticks to {row.server} for {row.target}: "
            "the real server was not usable, and the kernel gave the template up."
        )
    service = str(owner.service) if owner else row.target
    server = row.server_name if row.server_port else f"{row.server} on every port"
    who = f"The call {row.engine_data} from {covered(row, owner)}" if row.engine else client
    text = f"{who} sticks to {server} for {service}, {clock(row.seconds)} left"
    holds_for = covered(row, owner)
    if owner and holds_for != row.client and not row.engine:
        text += f", as all of {holds_for} does (by the service's netmask {owner.service.netmask})"
    note = remark(row, owner)
    return f"{text}. But {note}." if note else f"{text}."


def totals(document: dict[str, Any], kind: Kind = "all") -> str:
    """How many matched of those that were read. document: `read`, `connections`, `templates`."""
    parts = [
        f"{document[name]} {name if document[name] != 1 else name.removesuffix('s')}"
        for name in ("connections", "templates")
        if kind in ("all", name)
    ]
    read = document["read"]
    return f"{' and '.join(parts)} of {read} line{'s' * (read != 1)} read."


def summary_lines(document: dict[str, Any]) -> str:
    """The document of `summarise` as text."""
    parts = [_summary_part(document[name], name) for name in ("connections", "templates")]
    numbers = document | {name: document[name]["total"] for name in ("connections", "templates")}
    return "\n".join([*filter(None, parts), totals(numbers) + "\n"])


def _summary_part(part: dict[str, Any], name: str) -> str:
    if not part["total"]:
        return ""
    columns = Columns((name.upper(), "", "BY STATE"))
    columns.add((str(part["total"]), "all", _states(part)))
    for service in part["services"]:
        unknown = "" if service["in_table"] else " (not in the table)"
        columns.add((str(service["total"]), service["service"] + unknown, _states(service)))
        for server in part["servers"]:
            if server["service"] == service["service"]:
                columns.add((str(server["total"]), f"  -> {server['server']}", _states(server)))
    more = [
        f"{part[key]} more {what}\n"
        for key, what in (("more_services", "services"), ("more_servers", "real servers"))
        if part[key]
    ]
    if part["others"]:
        more.append(f"{part['others']} {name} of too many different kinds to tell apart\n")
    return columns.rest() + "".join(more)


def _states(counted: dict[str, Any]) -> str:
    return ", ".join(f"{number} {state}" for state, number in counted["states"].items())
