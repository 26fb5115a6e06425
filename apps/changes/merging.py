"""Putting one table over another: pure."""

from lvs.canonical_form import make_table
from lvs.model import Table
from lvs.rules import SYSCTLS
from lvs.settings import Sysctl, Timeouts


def merged(under: Table, over: Table) -> Table:
    """`under`, with the services and settings of `over` in the place of its own, or added.

    Nothing is taken out: services that only `under` has stay, and so do settings that `over` leaves
    undecided.
    """
    timeouts = {
        name: seconds or getattr(under.timeouts, name)
        for name, seconds in over.timeouts._asdict().items()
    }
    sysctls = dict(under.sysctls) | dict(over.sysctls)
    return make_table(
        (under.by_key() | over.by_key()).values(),
        Timeouts(**timeouts),
        under.sync if over.sync is None else over.sync,
        tuple(Sysctl(name, value) for name, value in sysctls.items()),
    )


def undefaulted(table: Table, *, settings: bool) -> Table:
    """A director's reading as a draft wants it: its services, and with `settings` all that is set.

    Sysctls at the kernel's default are left out: a table decides what it names, for every director.
    """
    if not settings:
        return Table(table.services)
    changed = (s for s in table.sysctls if SYSCTLS[s.name].default not in ("", s.value))
    return table._replace(sync=table.sync or None, sysctls=tuple(changed))
