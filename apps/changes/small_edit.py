"""Edits so small that a policy may let them pass: weights and drains. Pure."""

from lvs.model import RealServer, Table, VirtualService
from lvs.plan import AnyStep, SettingStep


def only_weights(base: Table, table: Table) -> bool:
    """Whether the tables differ in nothing but weights of real servers, and the removal of some that had
    weight 0: the two ends of a drain."""
    if base.settings != table.settings or base.by_key().keys() != table.by_key().keys():
        return False
    now = table.by_key()
    return all(_only_weights(service, now[service.key]) for service in base.services)


def is_small_step(step: AnyStep) -> bool:
    """Whether a step of a plan does no more than that to a director, whatever it holds."""
    if isinstance(step, SettingStep) or not isinstance(step.before, RealServer):
        return False
    if step.kind == "drain server":
        return False  # its deletion follows, and it had a weight until now
    if step.kind == "delete server":
        return step.before.weight == 0
    return step.server is not None and _even(step.before) == _even(step.server)


def _only_weights(before: VirtualService, after: VirtualService) -> bool:
    if before._replace(real_servers=()) != after._replace(real_servers=()):
        return False
    was = {server.key: server for server in before.real_servers}
    now = {server.key: server for server in after.real_servers}
    gone = [was[key] for key in was.keys() - now.keys()]
    return (
        now.keys() <= was.keys()
        and all(server.weight == 0 for server in gone)
        and all(_even(was[key]) == _even(now[key]) for key in now)
    )


def _even(server: RealServer) -> RealServer:
    return server._replace(weight=1)
