"""Table × table → the ordered steps that turn one into the other (DESIGN section 5): pure.

What exists is edited, never recreated, so live connections survive every change that the kernel can
make in place. The way back is `make_plan(desired, current)`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from lvs.diff import FieldDiff, server_fields, server_texts, service_fields, service_texts
from lvs.formats.ipvsadm_args import key_arguments, server_arguments, service_arguments
from lvs.model import (
    Document,
    RealServer,
    Table,
    VirtualService,
    server_from_document,
    server_to_document,
    service_from_document,
    service_to_document,
)

StepKind = Literal[
    "add service",
    "add server",
    "edit server",
    "edit service",
    "drain server",
    "delete server",
    "delete service",
]
STEP_KINDS: tuple[StepKind, ...] = (
    "add service",
    "add server",
    "edit server",
    "edit service",
    "drain server",
    "delete server",
    "delete service",
)
"""In the order in which a plan holds them."""


class Step(NamedTuple):
    """One change that the kernel makes with one message.

    `server` is the state after the step, or the one that is deleted. `before` is what an edit,
    drain or delete finds; of a deleted service it holds the real servers too, which go with it.
    """

    kind: StepKind
    service: VirtualService
    server: RealServer | None = None
    before: VirtualService | RealServer | None = None

    def text(self) -> str:
        """The step as a sentence, e.g. `Set the weight of … in … from 1 to 20`."""
        return _text(self)

    def command(self) -> str:
        """The equal ipvsadm 1.31 command."""
        return " ".join(["ipvsadm", *_command(self)])


def make_plan(current: Table, desired: Table) -> tuple[Step, ...]:
    """The steps from one table to the other, grouped in the order of `STEP_KINDS`.

    Both tables are canonical and hold no service or real server twice. Deleting a service takes its
    real servers along. A real server that a kept service loses is drained to weight 0 first.
    """
    if current == desired:
        return ()
    old, new = current.by_key(), desired.by_key()
    groups: dict[StepKind, list[Step]] = {kind: [] for kind in STEP_KINDS}
    for key, service in new.items():
        before = old.get(key)
        if before != service:
            for step in _service_steps(before, service):
                groups[step.kind].append(step)
    groups["delete service"] = [
        Step("delete service", service.settings, None, service)
        for key, service in old.items()
        if key not in new
    ]
    return tuple(step for steps in groups.values() for step in steps)


def _service_steps(before: VirtualService | None, service: VirtualService) -> Iterator[Step]:
    settings = service.settings
    if before is None:
        yield Step("add service", settings)
        yield from (Step("add server", settings, server) for server in service.real_servers)
        return
    old = {server.key: server for server in before.real_servers}
    new = {server.key: server for server in service.real_servers}
    for key, server in new.items():
        found = old.get(key)
        if found is None:
            yield Step("add server", settings, server)
        elif found != server:
            yield Step("edit server", settings, server, found)
    if before.settings != settings:
        yield Step("edit service", settings, None, before.settings)
    for key, server in old.items():
        if key not in new:
            yield from _removal(settings, server)


def _removal(settings: VirtualService, server: RealServer) -> Iterator[Step]:
    drained = server._replace(weight=0)
    if server.weight > 0:
        yield Step("drain server", settings, drained, server)
    yield Step("delete server", settings, drained, drained)


def losses(steps: Iterable[Step]) -> list[str]:
    """One sentence for each removal that costs connections."""
    return [_loss(step) for step in steps if step.kind in ("delete server", "delete service")]


def _loss(step: Step) -> str:
    if step.kind == "delete server":
        return f"Removing {step.server} from {step.service} ends the connections that it still has."
    return f"Deleting {step.service} ends all connections to it{_with_servers(step, ', on')}."


def _with_servers(step: Step, lead: str) -> str:
    servers = step.before.real_servers if isinstance(step.before, VirtualService) else ()
    if not servers:
        return ""
    return f"{lead} {len(servers)} real server" + ("s" if len(servers) > 1 else "")


def _text(step: Step) -> str:
    service, server = step.service, step.server
    texts: dict[StepKind, Callable[[], str]] = {
        "add service": lambda: f"Add {service} with {_described_service(service)}",
        "add server": lambda: f"Add {server} to {service} with {_described_server(_server(step))}",
        "edit server": lambda: _edited(f"{server} in {service}", _server_edits(step)),
        "edit service": lambda: _edited(str(service), _service_edits(step)),
        "drain server": lambda: f"Drain {server} in {service}: {_drained(step)}",
        "delete server": lambda: f"Remove {server} from {service}",
        "delete service": lambda: f"Delete {service}{_with_servers(step, ' and its')}",
    }
    return texts[step.kind]()


def _server(step: Step) -> RealServer:
    if step.server is None:
        raise ValueError(f"the step “{step.kind}” names no real server")
    return step.server


def _server_edits(step: Step) -> tuple[FieldDiff, ...]:
    before = step.before
    return server_fields(before, _server(step)) if isinstance(before, RealServer) else ()


def _service_edits(step: Step) -> tuple[FieldDiff, ...]:
    before = step.before
    return service_fields(before, step.service) if isinstance(before, VirtualService) else ()


def _drained(step: Step) -> str:
    weight = step.before.weight if isinstance(step.before, RealServer) else "its value"
    return f"set its weight from {weight} to 0"


_SERVICE_DEFAULTS = {
    "scheduler flags": "none",
    "persistence": "none",
    "netmask": "each client address",
    "persistence engine": "none",
    "one-packet scheduling": "off",
}
_SERVER_DEFAULTS = {
    "upper threshold": "none",
    "lower threshold": "default",
    "tunnel type": "ipip",
    "tunnel port": "none",
    "tunnel checksum": "none",
}


def _described_service(service: VirtualService) -> str:
    return _described(service_texts(service), _SERVICE_DEFAULTS)


def _described_server(server: RealServer) -> str:
    return _described(server_texts(server), _SERVER_DEFAULTS)


def _described(texts: dict[str, str], defaults: dict[str, str]) -> str:
    """`scheduler wrr, persistence 300 s`: what is not at its default."""
    return ", ".join(f"{name} {text}" for name, text in texts.items() if defaults.get(name) != text)


def _edited(what: str, fields: Sequence[FieldDiff]) -> str:
    if len(fields) == 1:
        field = fields[0]
        return f"Set the {field.name} of {what} from {field.before} to {field.after}"
    changes = ", ".join(f"{field.name} from {field.before} to {field.after}" for field in fields)
    return f"Change {what}: {changes}"


def _command(step: Step) -> list[str]:
    key = step.service.key
    option = _COMMAND_OPTION[step.kind]
    if step.kind in ("add service", "edit service"):
        return [option, *service_arguments(step.service)]
    if step.kind == "delete service":
        return [option, *key_arguments(key)]
    if step.kind == "delete server":
        return [option, *key_arguments(key), "-r", str(_server(step))]
    return [option, *server_arguments(key, _server(step))]


_COMMAND_OPTION: dict[StepKind, str] = {
    "add service": "-A",
    "add server": "-a",
    "edit server": "-e",
    "edit service": "-E",
    "drain server": "-e",
    "delete server": "-d",
    "delete service": "-D",
}


def plan_to_document(steps: Iterable[Step]) -> list[Document]:
    """The steps as JSON objects: `kind`, `service`, `server`, `before`."""
    return [
        {
            "kind": step.kind,
            "service": service_to_document(step.service),
            "server": None if step.server is None else server_to_document(step.server),
            "before": _before_to_document(step.before),
        }
        for step in steps
    ]


def _before_to_document(before: VirtualService | RealServer | None) -> Document | None:
    if isinstance(before, VirtualService):
        return service_to_document(before)
    return None if before is None else server_to_document(before)


def plan_from_document(documents: Iterable[Document]) -> tuple[Step, ...]:
    """The inverse of `plan_to_document`. Raises KeyError, TypeError or ValueError on others."""
    return tuple(_step_from_document(document) for document in documents)


def _step_from_document(document: dict[str, Any]) -> Step:
    kind, server, before = document["kind"], document["server"], document["before"]
    if kind not in STEP_KINDS:
        raise ValueError(f"“{kind}” is no kind of step")
    of_service = kind in ("edit service", "delete service")
    read_before = service_from_document if of_service else server_from_document
    return Step(
        kind,
        service_from_document(document["service"]),
        None if server is None else server_from_document(server),
        None if before is None else read_before(before),
    )
