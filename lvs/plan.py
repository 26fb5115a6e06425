"""Table × table → the ordered steps that turn one into the other (DESIGN section 5): pure.

What exists is edited, never recreated, so live connections survive every change that the kernel can
make in place. The way back is `make_plan(desired, current)`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

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
from lvs.step import STEP_KINDS, Step, StepKind, with_servers

__all__ = [
    "STEP_KINDS",
    "Step",
    "StepKind",
    "losses",
    "make_plan",
    "plan_from_document",
    "plan_to_document",
]


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
    return f"Deleting {step.service} ends all connections to it{with_servers(step, ', on')}."


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
