"""Schedulers and persistence engines, which are modules of their own: what a table needs and isn't there.

The kernel says so too, but only when the service's turn has come: then the services before it stand
without their real servers, and the run ends there.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from lvs.model import Table
from lvs.rules.schedulers import SCHEDULERS

_MODULES = Path("/sys/module")
"""Holds a folder for each module that is loaded."""


def missing_parts(desired: Table, found: Table) -> list[str]:
    """A sentence for each scheduler and engine that `desired` needs and this kernel surely can't have.

    found: what the kernel holds; its own parts need no look. Of what isn't known nothing is said, nor of
    a scheduler that Linux doesn't have: somebody may have brought its module.
    """
    needed = _needed(desired) - _needed(found)
    modules = (_MODULES / module for part in needed for module in _modules(*part))
    if all(map(os.path.exists, modules)):  # Path's own raises where it isn't ours to look
        return []
    from lvs.doctor.judge_kernel import judge_parts  # seldom needed, and takes a while to load
    from lvs.doctor.modules import read_modules_here

    services = [s for s in desired.services if (s.scheduler, s.persistence_engine) in needed]
    findings = judge_parts(read_modules_here(), Table(tuple(services)))
    return [f"{f.title}: {f.why}" for f in findings if f.level == "wrong"]


def _needed(table: Table) -> set[tuple[str, str]]:
    """Scheduler and engine of each service."""
    needed = {(service.scheduler, service.persistence_engine) for service in table.services}
    return {(scheduler, engine) for scheduler, engine in needed if scheduler in SCHEDULERS}


def _modules(scheduler: str, engine: str) -> Iterator[str]:
    yield f"ip_vs_{scheduler}"
    if engine:
        yield f"ip_vs_pe_{engine}"
