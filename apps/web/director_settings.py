"""The settings of one director, as last observed, beside a fresh kernel's and the head's."""

from typing import Any, NamedTuple

from apps.inventory.models import Cluster
from apps.inventory.selectors import head_settings
from lvs.canonical_form import make_table
from lvs.diff_settings import setting_texts
from lvs.model import EMPTY, Table
from lvs.rules import SYSCTLS
from lvs.settings import KERNEL_TIMEOUTS, Sysctl, settings_from_document


class Row(NamedTuple):
    """One setting."""

    name: str
    now: str
    default: str
    """As a fresh kernel has it; "" = it depends on the host."""
    head: str
    """What the cluster's head decides; "" = nothing."""

    @property
    def is_other(self) -> bool:
        """Whether somebody set it: it isn't as a fresh kernel has it."""
        return bool(self.default) and self.now != self.default

    @property
    def drifts(self) -> bool:
        """Whether the head decides otherwise."""
        return bool(self.head) and self.now != self.head


def settings_rows(status: Any, cluster: Cluster | None) -> list[Row]:
    """Timeouts, sync daemons and sysctls of a director; none while it has not reported any."""
    if status is None or not status.observed:
        return []
    observed = make_table((), *settings_from_document(status.observed))
    head = setting_texts(head_settings(cluster) if cluster else EMPTY)
    fresh = _fresh()
    return [
        Row(name, now, fresh.get(name, ""), head.get(name, ""))
        for name, now in setting_texts(observed).items()
    ]


def _fresh() -> dict[str, str]:
    """The texts of a kernel in which nobody set anything."""
    return setting_texts(
        Table((), KERNEL_TIMEOUTS, (), tuple(Sysctl(n, k.default) for n, k in SYSCTLS.items()))
    )
