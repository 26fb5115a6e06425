"""Table × table → the ordered steps that turn one into the other (DESIGN section 5): pure.

What exists is edited, never recreated, so live connections survive every change that the kernel can
make in place. The way back is `make_plan(desired, current)`.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, repeat

from lvs.documents import (
    Document,
    server_from_document,
    server_to_document,
    service_from_document,
    service_to_document,
)
from lvs.model import RealServer, Scope, Table, VirtualService
from lvs.named_tuples import all_of
from lvs.rules.sysctls import OF_A_SCHEDULER, READ_BY_STARTING_DAEMONS
from lvs.setting_step import FIRST_KINDS, LAST_KINDS, SETTING_KINDS, SettingStep
from lvs.settings import Sysctl, setting_from_document, setting_to_document
from lvs.step import SERVICE_KINDS, Step, with_servers

__all__ = [
    "STEP_KINDS",
    "AnyStep",
    "SettingStep",
    "Step",
    "claims",
    "concerned",
    "losses",
    "make_plan",
    "plan_from_document",
    "plan_to_document",
]

AnyStep = Step | SettingStep
STEP_KINDS: tuple[str, ...] = (*FIRST_KINDS, *SERVICE_KINDS, *LAST_KINDS)
"""In the order in which a plan holds them; sysctls of a scheduler come behind the services."""


def make_plan(current: Table, desired: Table) -> tuple[AnyStep, ...]:
    """The steps from one table to the other, grouped in the order of `STEP_KINDS`.

    Both tables are canonical and hold no service or real server twice. Deleting a service takes its
    real servers along. A real server that a kept service loses is drained to weight 0 first. Settings
    that `desired` does not decide stay as they are.
    """
    if current == desired:
        return ()
    groups: dict[str, list[AnyStep]] = {kind: [] for kind in STEP_KINDS}
    for steps in _service_plan(current, desired):
        groups[steps[0].kind] += steps
    late = groups[SERVICE_KINDS[-1]]
    for setting_step in _setting_plan(current, desired):
        (late if _is_late(setting_step) else groups[setting_step.kind]).append(setting_step)
    return tuple(chain.from_iterable(groups.values()))


def _is_late(step: SettingStep) -> bool:
    """Whether the kernel may know what it sets only once a service uses its scheduler."""
    return isinstance(step.setting, Sysctl) and step.setting.name in OF_A_SCHEDULER


def _service_plan(current: Table, desired: Table) -> Iterator[list[Step]]:
    """In runs of one kind."""
    old, new = current.by_key(), desired.by_key()
    for key, service in new.items():
        before = old.get(key)
        if before is None:
            yield from _added(service)
        elif before != service:
            yield from ([step] for step in _edited(before, service))
    for key, service in old.items():
        if key not in new:
            yield [Step("delete service", service.settings, None, service)]


def _setting_plan(current: Table, desired: Table) -> Iterator[SettingStep]:
    found = current.timeouts.only(desired.timeouts.given)
    changed = frozenset(
        name
        for name in desired.timeouts.given
        if getattr(found, name) != getattr(desired.timeouts, name)
    )
    if changed:
        yield SettingStep("set timeouts", desired.timeouts.only(changed), found.only(changed))
    known = {sysctl.name: sysctl for sysctl in current.sysctls}
    new = [sysctl for sysctl in desired.sysctls if known.get(sysctl.name) != sysctl]
    yield from (SettingStep("set sysctl", sysctl, known.get(sysctl.name)) for sysctl in new)
    if desired.sync is not None:
        # A daemon reads some sysctls when it starts, and its options can't be edited.
        restart = any(sysctl.name in READ_BY_STARTING_DAEMONS for sysctl in new)
        running, wanted = frozenset(current.sync or ()), frozenset(desired.sync)
        kept = frozenset() if restart else running & wanted
        yield from (SettingStep("stop daemon", d) for d in current.sync or () if d not in kept)
        yield from (SettingStep("start daemon", d) for d in desired.sync if d not in kept)


def _added(service: VirtualService) -> Iterator[list[Step]]:
    settings = service.settings
    yield [Step("add service", settings)]
    if service.real_servers:
        kind, nothing = repeat("add server"), repeat(None)
        yield list(all_of(Step, kind, repeat(settings), service.real_servers, nothing))


def _edited(before: VirtualService, service: VirtualService) -> Iterator[Step]:
    settings = service.settings
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


def concerned(desired: Table, owned: Scope) -> Scope:
    """What an apply of `desired` reads and writes: the services that are ours or are to be, and the
    settings that it decides."""
    return desired.scope.with_services(owned.services)


def claims(found: Table, desired: Table, owned: Scope) -> list[str]:
    """The names of what `desired` would take over: services and daemons that exist and aren't ours."""
    services = desired.scope.services - owned.services
    names = [str(service) for service in found.services if service.key in services]
    if desired.sync is not None and not owned.sync:
        names += [str(daemon) for daemon in found.sync or ()]
    return names


def losses(steps: Iterable[AnyStep]) -> list[str]:
    """One sentence for each removal that costs connections."""
    return [text for step in steps if isinstance(step, Step) and (text := _loss(step))]


def _loss(step: Step) -> str:
    if step.kind not in ("delete server", "delete service"):
        return ""
    if step.kind == "delete server":
        return f"Removing {step.server} from {step.service} ends the connections that it still has."
    return f"Deleting {step.service} ends all connections to it{with_servers(step, ', on')}."


def plan_to_document(steps: Iterable[AnyStep]) -> list[Document]:
    """The steps as JSON objects: `kind`, `before`, and `service` and `server`, or `setting`."""
    return [_step_to_document(step) for step in steps]


def _step_to_document(step: AnyStep) -> Document:
    if isinstance(step, SettingStep):
        before = step.before
        return {
            "kind": step.kind,
            "setting": setting_to_document(step.setting),
            "before": None if before is None else setting_to_document(before),
        }
    return {
        "kind": step.kind,
        "service": service_to_document(step.service),
        "server": None if step.server is None else server_to_document(step.server),
        "before": _before_to_document(step.before),
    }


def _before_to_document(before: VirtualService | RealServer | None) -> Document | None:
    if isinstance(before, VirtualService):
        return service_to_document(before)
    return None if before is None else server_to_document(before)


def plan_from_document(documents: Iterable[Document]) -> tuple[AnyStep, ...]:
    """The inverse of `plan_to_document`. Raises KeyError, TypeError or ValueError on others."""
    return tuple(_step_from_document(document) for document in documents)


def _step_from_document(document: Document) -> AnyStep:
    kind, before = document["kind"], document["before"]
    if kind in SETTING_KINDS:
        setting = setting_from_document(document["setting"])
        return SettingStep(kind, setting, None if before is None else setting_from_document(before))
    if kind not in SERVICE_KINDS:
        raise ValueError(f"“{kind}” is no kind of step")
    server = document["server"]
    of_service = kind in ("edit service", "delete service")
    read_before = service_from_document if of_service else server_from_document
    return Step(
        kind,
        service_from_document(document["service"]),
        None if server is None else server_from_document(server),
        None if before is None else read_before(before),
    )
