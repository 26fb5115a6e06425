"""What is wrong with a service as typed, within the table of its draft."""

from apps.changes.models import Change
from apps.changes.selectors import problems_among, table_of
from lvs.model import VirtualService
from lvs.rules import Problem


def problems_of(
    change: Change, service: VirtualService, old: VirtualService | None
) -> list[Problem]:
    """Problems of this one service, with paths inside it: its own, and doubles of other services."""
    others = [s for s in table_of(change).services if old is None or s.key != old.key]
    return problems_among(others, service)
