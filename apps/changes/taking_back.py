"""The table that takes back a change: the one from before, and what that one left open as it was."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from apps.changes.models import Change
from apps.changes.selectors import base_table, observed_of, table_of
from apps.inventory.models import Director
from lvs.canonical_form import make_table
from lvs.diff_settings import TIMEOUT_NAMES
from lvs.model import ServiceKey, Table
from lvs.plan import SettingStep, plan_from_document
from lvs.settings import Sysctl, Timeouts
from lvs.undo import start_of


class WayBack(NamedTuple):
    """Where a change is taken back to."""

    table: Table
    left: list[str]
    """What stays as it is, and why: sentences."""


def way_back(change: Change, directors: Sequence[Director]) -> WayBack:
    """The table from before the change, for these directors, each with its status.

    A setting that the change decides and the table from before left open goes back to what the plans
    found, where all directors had the same. What the change gave up and other programs hold by now is left
    alone: a director would refuse the whole order for its sake.
    """
    before = base_table(change)
    kept, left = _without_foreign(before, table_of(change), directors)
    found, differing = _settings_found(change, before, directors)
    settings = _by_name(kept) | found
    return WayBack(_with_settings(kept, settings), left + differing)


def _without_foreign(
    before: Table, wanted: Table, directors: Iterable[Director]
) -> tuple[Table, list[str]]:
    """What the change kept was ours when it was applied, and goes back in any case: a director that lost
    its memory of that refuses for itself alone."""
    scope = before.scope
    given_up = scope.services - wanted.scope.services
    daemons_given_up = before.sync is not None and wanted.sync is None
    foreign: set[ServiceKey] = set()
    daemons = False
    left: dict[str, list[str]] = {}
    for director in directors:
        observed = observed_of(director)
        if observed is None:
            continue
        theirs = observed.table.scope.services & (given_up - observed.owned.services)
        running = daemons_given_up and not observed.owned.sync and bool(observed.table.sync)
        # A change that gives daemons up stops none: those of before run on, and are taken back.
        running = running and observed.table.sync != before.sync
        foreign |= theirs
        daemons |= running
        for name in [*sorted(map(str, theirs)), *(["sync daemons"] if running else [])]:
            left.setdefault(name, []).append(director.name)
    said = [f"{name}: {', '.join(by)} got it from elsewhere by now." for name, by in left.items()]
    kept = scope._replace(services=scope.services - foreign, sync=scope.sync and not daemons)
    return before.only(kept), said


Settings = dict[tuple[str, str], Any]
"""The settings that a table decides, by kind and name."""


def _settings_found(
    change: Change, before: Table, directors: Iterable[Director]
) -> tuple[Settings, list[str]]:
    """What the change's plans found of the settings that it decides and the table before left open;
    and which of them can't go back."""
    wanted = table_of(change)
    decided = _by_name(wanted)
    opened = sorted(decided.keys() - _by_name(before).keys())
    if not opened:
        return {}, []
    there = {director.pk for director in directors}
    plans = [plan for plan in change.plans.all() if plan.director_id in there]
    if not plans:
        return {}, []
    starts = [_by_name(_start(wanted, plan.steps)) for plan in plans]
    found, left = {}, []
    for name in opened:
        had = {start.get(name) for start in starts}
        if had == {decided[name]}:
            continue  # it changed nowhere, and stays open
        if None in had:
            left.append(f"{_in_words(name)}: it is not known what it was.")
        elif len(had) > 1:
            left.append(f"{_in_words(name)}: its directors had different ones.")
        else:
            found[name] = had.pop()
    return found, left


def _start(wanted: Table, steps: list[dict[str, Any]]) -> Table:
    setting_steps = [s for s in plan_from_document(steps) if isinstance(s, SettingStep)]
    return start_of(Table((), *wanted.settings), setting_steps)


def _by_name(table: Table) -> Settings:
    found: Settings = {("timeout", n): s for n, s in table.timeouts._asdict().items() if s}
    if table.sync is not None:
        found["sync", ""] = table.sync
    return found | {("sysctl", sysctl.name): sysctl.value for sysctl in table.sysctls}


def _with_settings(table: Table, settings: Settings) -> Table:
    timeouts = {name: value for (kind, name), value in settings.items() if kind == "timeout"}
    sysctls = [Sysctl(name, value) for (kind, name), value in settings.items() if kind == "sysctl"]
    return make_table(
        table.services, Timeouts(**timeouts), settings.get(("sync", "")), tuple(sysctls)
    )


def _in_words(name: tuple[str, str]) -> str:
    kind, which = name
    if kind == "timeout":
        return TIMEOUT_NAMES[which]
    return "sync daemons" if kind == "sync" else f"net.ipv4.vs.{which}"
