"""One step of a plan about a service, in words and as the ipvsadm command that equals it: pure."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from lvs.diff import (
    FieldDiff,
    server_fields,
    server_settings,
    service_fields,
    service_settings,
)
from lvs.formats.ipvsadm_args import key_arguments, server_arguments, service_arguments
from lvs.model import RealServer, VirtualService

StepKind = Literal[
    "add service",
    "add server",
    "edit server",
    "edit service",
    "drain server",
    "delete server",
    "delete service",
]
SERVICE_KINDS: tuple[StepKind, ...] = (
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

    @property
    def identity(self) -> tuple[str, object]:
        """What tells it from the other steps of a plan."""
        return (self.kind, (self.service.key, self.server.key if self.server else None))

    def text(self) -> str:
        """The step as a sentence, e.g. `Set the weight of … in … from 1 to 20`."""
        return _text(self)

    def command(self) -> str:
        """The equal ipvsadm 1.31 command."""
        return " ".join(["ipvsadm", *_command(self)])


def _text(step: Step) -> str:
    service, server = step.service, step.server
    texts: dict[StepKind, Callable[[], str]] = {
        "add service": lambda: f"Add {service} with {_described(service_settings(service))}",
        "add server": lambda: (
            f"Add {server} to {service} with {_described(server_settings(_server(step)))}"
        ),
        "edit server": lambda: _edited(f"{server} in {service}", _server_edits(step)),
        "edit service": lambda: _edited(str(service), _service_edits(step)),
        "drain server": lambda: f"Drain {server} in {service}: {_drained(step)}",
        "delete server": lambda: f"Remove {server} from {service}",
        "delete service": lambda: f"Delete {service}{with_servers(step, ' and its')}",
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


def _described(settings: dict[str, str]) -> str:
    """`scheduler wrr, persistence 300 s`."""
    return ", ".join(f"{name} {text}" for name, text in settings.items())


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


def with_servers(step: Step, lead: str) -> str:
    """`{lead} 2 real servers`, of a service that is deleted; nothing when it has none."""
    servers = step.before.real_servers if isinstance(step.before, VirtualService) else ()
    if not servers:
        return ""
    return f"{lead} {len(servers)} real server" + ("s" if len(servers) > 1 else "")
