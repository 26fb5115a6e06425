"""Schedulers and persistence engines, which are modules of their own: what a table needs and isn't there.

The kernel says so too, but only when the service's turn has come: then the services before it stand
without their real servers, and the run ends there.
"""

from lvs.model import Table, VirtualService
from lvs.rules.schedulers import SCHEDULERS


def missing_parts(desired: Table, found: Table) -> list[str]:
    """A sentence for each scheduler and engine that `desired` needs and this kernel surely can't have.

    found: what the kernel holds; its own parts need no look. Of what isn't known nothing is said, nor of
    a scheduler that Linux doesn't have: somebody may have brought its module.
    """
    held = {_parts(service) for service in found.services}
    asked = [service for service in desired.services if _parts(service) not in held]
    services = tuple(service for service in asked if service.scheduler in SCHEDULERS)
    if not services:
        return []
    from lvs.doctor.judge_kernel import judge_parts  # seldom needed, and takes a while to load
    from lvs.doctor.modules import read_modules_here

    findings = judge_parts(read_modules_here(), Table(services))
    return [f"{f.title}: {f.why}" for f in findings if f.level == "wrong"]


def _parts(service: VirtualService) -> tuple[str, str]:
    return (service.scheduler, service.persistence_engine)
