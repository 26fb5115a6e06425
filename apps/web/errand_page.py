"""What the page of an errand needs: the question, and the answer as people read it."""

from typing import Any, NamedTuple

from apps.inventory.models import Director
from apps.jobs.models import Errand
from apps.jobs.selectors import Examined
from apps.web.answer_shapes import check_answer
from apps.web.forms.connections import ConnectionsForm, initial_of
from lvs.addresses import endpoint
from lvs.connections.row import GIVEN_UP
from lvs.documents import key_from_document

_TITLES = {
    Errand.Kind.CONNECTIONS: "Connections",
    Errand.Kind.DOCTOR: "Fitness",
    Errand.Kind.SCRIPT: "A real server, checked on the spot",
    Errand.Kind.ZERO: "Counters to zero",
}


class Row(NamedTuple):
    """One connection or template in a table."""

    client: str
    service: str
    server: str
    state: str
    left: str
    """Until the kernel forgets it."""
    covers: str
    """Of a template: the clients that it holds for."""
    remark: str
    engine: str
    """What a persistence engine goes by, such as SIP's Call-ID."""


def asking(director: Director, kind: Errand.Kind) -> dict[str, Any]:
    """The page before anything was asked."""
    return {"director": director, "title": _TITLES[kind], "kind": kind}


def page_of(errand: Errand) -> dict[str, Any]:
    """The page of an errand, answered or not."""
    context = asking(errand.director, Errand.Kind(errand.kind))
    context |= {"errand": errand, "trouble": trouble_of(errand)}
    if errand.kind == Errand.Kind.CONNECTIONS:
        context["form"] = ConnectionsForm(initial=initial_of(errand.arguments))
    if errand.state == Errand.State.ANSWERED:
        try:
            check_answer(errand)
            context |= _ANSWERS[Errand.Kind(errand.kind)](errand)
        except _WRONG_SHAPE:
            context["trouble"] = UNREADABLE
    return context


UNREADABLE = "Its answer can't be read: its agent is of another version than this console."
_WRONG_SHAPE = (KeyError, TypeError, ValueError, AttributeError)


def trouble_of(errand: Errand) -> str:
    """Why there is no answer; "" while one may come, or is there."""
    if errand.state == Errand.State.WAITING:
        return "" if errand.waits else errand.silence
    return errand.error


def _connections(errand: Errand) -> dict[str, Any]:
    answer = errand.answer
    context = {"read": answer["read"], "unreadable": answer["unreadable"]}
    if errand.arguments.get("totals"):
        parts = {name: answer[name] for name in ("connections", "templates")}
        # As pairs: a template that looks for `items` would find a state of that name first.
        pairs = {n: part | {"states": [*part["states"].items()]} for n, part in parts.items()}
        return context | {"totals": pairs}
    templates = [_row(row) for row in answer["templates"]["rows"]]
    return context | {
        "connections": answer["connections"] | {"rows": _rows(answer["connections"])},
        "templates": answer["templates"] | {"rows": templates},
        "sticks": templates if errand.arguments.get("filters", {}).get("client") else [],
    }


def _rows(part: dict[str, Any]) -> list[Row]:
    return [_row(row) for row in part["rows"]]


def _row(row: dict[str, Any]) -> Row:
    client, server, engine = row["client"], row["server"], row.get("engine")
    template = row["kind"] == "template"
    given_up = template and server["port"] == GIVEN_UP
    return Row(
        client["address"] if template else endpoint(client["address"], client["port"]),
        str(key_from_document(row["service"])),
        server["address"] if given_up else endpoint(server["address"], server["port"]),
        row["state"],
        duration(row["seconds"]),
        row.get("covers") or "",
        row.get("remark") or "",
        f"{engine['name']}: {engine['data']}" if engine else "",
    )


def _zero(errand: Errand) -> dict[str, Any]:
    service = errand.arguments.get("service")
    return {
        "zeroed": "The counters of all our services"
        if service is None
        else f"The counters of {key_from_document(service)}"
    }


_LEVELS = (
    ("wrong", "Wrong: mend this first", "red"),
    ("warning", "Worth a look", "amber"),
    ("unknown", "Not known", "grey"),
    ("ok", "In order", "green"),
)


def _doctor(errand: Errand) -> dict[str, Any]:
    by_level: dict[str, list[Any]] = {level: [] for level, _, _ in _LEVELS}
    for finding in errand.answer["findings"]:
        by_level.get(finding["level"], by_level["unknown"]).append(finding)
    groups = [
        {
            "level": level,
            "title": title,
            "colour": colour,
            "findings": by_level[level],
            "number": sum(finding.get("count", 1) for finding in by_level[level]),
        }
        for level, title, colour in _LEVELS
        if by_level[level]
    ]
    servers = real_servers(errand)
    return {"fitness": errand.answer, "findings": groups, "lines": "\n", "servers": servers}


def real_servers(errand: Errand) -> list[str]:
    """The addresses of real servers that an answered fitness has advice for; none where it can't be read."""
    try:
        check_answer(errand)
    except TypeError:
        return []
    return [address for part in errand.answer["real_servers"] for address in part["servers"]]


def _script(errand: Errand) -> dict[str, Any]:
    return {"address": errand.answer["address"], "script": errand.answer["script"]}


class FitnessRow(NamedTuple):
    """What one director said of its fitness, in a line."""

    errand: Errand
    verdict: str
    colour: str
    says: str


def fitness_row(examined: Examined, digest: str) -> FitnessRow:
    """The line of one director. digest: of the change's table as it is now."""
    row = _fitness_row(examined.errand)
    if examined.errand.state != Errand.State.ANSWERED or examined.digest == digest:
        return row
    says = f"The draft was edited since it was asked, so ask again. Before: {row.says}"
    return row._replace(verdict="Outdated", colour="grey", says=says)


def _fitness_row(errand: Errand) -> FitnessRow:
    if errand.waits:
        return FitnessRow(errand, "Asking", "blue", "An answer comes within seconds.")
    if trouble := trouble_of(errand):
        failed = errand.state == Errand.State.FAILED
        return FitnessRow(errand, "Not examined" if failed else "No answer", "grey", trouble)
    try:
        check_answer(errand)
        return _verdict(errand)
    except _WRONG_SHAPE:
        return FitnessRow(errand, "No answer", "grey", UNREADABLE)


def _verdict(errand: Errand) -> FitnessRow:
    number = errand.answer["counts"]
    says = f"{number['wrong']} wrong, {number['warning']} to look at, {number['unknown']} not known"
    if not errand.answer["fit"]:
        return FitnessRow(errand, "Not fit", "red", says)
    return FitnessRow(errand, "Fit", "amber" if number["warning"] else "green", says)


_ANSWERS = {
    Errand.Kind.CONNECTIONS: _connections,
    Errand.Kind.DOCTOR: _doctor,
    Errand.Kind.SCRIPT: _script,
    Errand.Kind.ZERO: _zero,
}


def duration(seconds: int) -> str:
    """`48 s`, `4 min 12 s`, `2 h 5 min`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
