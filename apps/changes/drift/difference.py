"""What of ours in a kernel differs from the head: pure.

Ours is what the director counts as such, and what the head names: a service of the head that is gone, or
that another program put there, is as much a difference as one that was edited by hand.
"""

import hashlib
from typing import Any, NamedTuple

from lvs.diff import ServiceDiff, diff_tables
from lvs.diff_settings import SettingDiff, diff_settings, setting_texts
from lvs.documents import service_to_document
from lvs.model import Scope, Table
from lvs.verify import in_words

RECORDED = 100
"""Services whose difference an audit record holds in full; the others it counts."""


class ServiceDrift(NamedTuple):
    """One service: before = in the head, after = in the kernel."""

    diff: ServiceDiff
    ours: bool
    """False: the kernel has it from another program."""


class SettingDrift(NamedTuple):
    """One timeout, sync daemon or sysctl: before = in the head, after = in the kernel."""

    diff: SettingDiff
    ours: bool
    """False: the kernel has it, but not from us."""


class Difference(NamedTuple):
    """All that differs; false when nothing does."""

    head: Table
    held: Table
    """What the kernel holds of what the head names and of what is ours."""
    services: tuple[ServiceDrift, ...]
    settings: tuple[SettingDrift, ...]
    digest: str
    """Tells what the kernel holds, and from whom it has it, from anything else."""

    @property
    def shown(self) -> str:
        """Tells it from every other difference, those from another head, too: what a page shows."""
        return shown_digest(self.head.digest, self.digest)

    def __bool__(self) -> bool:
        return bool(self.services or self.settings)

    @property
    def summary(self) -> str:
        """The first differences in one line, and how many more there are."""
        return in_words(self.head, self.held) or (
            "All is as in the head, but the director does not count all of it as ours"
        )


def shown_digest(head: str, difference: str) -> str:
    """What a page shows of a difference with this digest, from a head with that one."""
    return hashlib.sha256(f"{head}\n{difference}".encode()).hexdigest()


def difference_of(head: Table, kernel: Table, owned: Scope) -> Difference:
    """head: as it should be; kernel: all that it holds; owned: what of that the director counts as ours.

    Nothing differs exactly when the owned part of the kernel is the head.
    """
    held = kernel.only(_of_both(head.scope, owned))
    own_settings = setting_texts(kernel.only(owned))
    services = tuple(
        ServiceDrift(diff, diff.kind == "removed" or diff.service.key in owned.services)
        for diff in diff_tables(head, held)
    )
    settings = tuple(
        SettingDrift(diff, diff.kind == "removed" or diff.name in own_settings)
        for diff in diff_settings(head, held)
    )
    return Difference(
        head,
        held,
        tuple(part for part in services if part.diff.kind != "same" or not part.ours),
        tuple(part for part in settings if part.diff.kind != "same" or not part.ours),
        _digest(held, services, settings),
    )


def _of_both(one: Scope, other: Scope) -> Scope:
    return Scope(
        one.services | other.services,
        one.timeouts | other.timeouts,
        one.sync or other.sync,
        one.sysctls | other.sysctls,
    )


def _digest(
    held: Table, services: tuple[ServiceDrift, ...], settings: tuple[SettingDrift, ...]
) -> str:
    foreign = [str(part.diff.service) for part in services if not part.ours]
    foreign += [part.diff.name for part in settings if not part.ours]
    return hashlib.sha256("\n".join([held.digest, *foreign]).encode()).hexdigest()


def documents_of(difference: Difference) -> tuple[dict[str, Any], dict[str, Any]]:
    """Head and kernel for the audit log, of each only what differs from the other."""
    shown = difference.services[:RECORDED]
    keys = {part.diff.service.key for part in shown}
    names = {part.diff.name for part in difference.settings}
    both = tuple(_documents(table, keys, names) for table in (difference.head, difference.held))
    if more := len(difference.services) - len(shown):
        both[1]["more_services_that_differ"] = more
    return both[0], both[1]


def _documents(table: Table, keys: set[Any], names: set[str]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "services": [service_to_document(s) for s in table.services if s.key in keys]
    }
    texts = {name: text for name, text in setting_texts(table).items() if name in names}
    return document | ({"settings": texts} if texts else {})
