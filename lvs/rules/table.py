"""What is wrong with a whole table."""

from collections.abc import Sequence

from lvs.addresses import canonical, family_of
from lvs.model import ServiceKey, Table, VirtualService
from lvs.rules.problem import Problem
from lvs.rules.service import check_service
from lvs.rules.settings import check_settings
from lvs.rules.values import canonical_or_none


def check_table(table: Table) -> list[Problem]:
    """Every problem of a table, whose values may be as a person typed them.

    Paths start with ("services", index), ("timeouts",), ("sync",) or ("sysctls",).
    """
    return [*check_services(table.services), *check_settings(table)]


def check_services(services: Sequence[VirtualService]) -> list[Problem]:
    """Every problem of all services; paths start with ("services", index)."""
    problems: list[Problem] = []
    first: dict[ServiceKey, int] = {}
    for index, service in enumerate(services):
        for problem in check_service(service):
            problems.append(problem.under("services", index))
        key = _canonical_key(service)
        if key is not None and first.setdefault(key, index) != index:
            problems.append(_doubled(key).under("services", index))
    return problems


def _doubled(key: ServiceKey) -> Problem:
    field = "fwmark" if key.fwmark else "address"
    message = f"The service {key} stands in the table already: change this one or that one."
    return Problem((field,), "service.doubled", message)


def _canonical_key(service: VirtualService) -> ServiceKey | None:
    if service.fwmark:
        return ServiceKey(service.family, "", "", 0, service.fwmark)
    if canonical_or_none(service.address) is None:
        return None
    address = canonical(service.address)
    return ServiceKey(family_of(address), service.protocol, address, service.port, 0)
