"""What the page of a draft shows beside what every change's does."""

from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.http import QueryDict

from apps.changes import selectors
from apps.changes.bulk.selection import matches
from apps.changes.claims import AT_APPROVAL, claimed_elsewhere
from apps.changes.models import Change
from apps.changes.rebase import Merge, doubled, merge
from apps.inventory.keys import slug_of
from apps.inventory.selectors import head_table
from apps.web.placed import Problems, problems_page
from lvs.diff_settings import diff_settings
from lvs.model import Table, VirtualService
from lvs.rules import Problem

SERVICES = 25
"""Services of the draft that are listed at a time."""
NAMED = 10


class Listed(NamedTuple):
    """The services of a draft, of which one page is shown; and what is ticked, there and elsewhere."""

    page: Page[VirtualService]
    total: int
    matching: int
    query: str
    ticked: frozenset[str]
    elsewhere: list[str]
    """Slugs of services that are ticked and not on this page."""
    every: bool
    server: str


class Moved(NamedTuple):
    """What became the head under a draft."""

    changes: list[Change]
    """Those that brought it, oldest first."""
    names: list[str]
    """Services and settings that differ between base and head; at most `NAMED`."""
    more: int
    merge: Merge
    doubled: list[str]
    """What stands twice in the draft, and must be mended first."""


def proposal(change: Change, table: Table) -> tuple[Table, Table, Moved | None]:
    """What a change is compared with, what it would be, and what moved under it.

    table: the change's. A draft is compared with the head of now. Where that moved, what it would be is
    the draft brought up to date, with its own values where both changed something: the head's edits are
    none of its own.
    """
    base = selectors.base_table(change)
    if change.state != Change.State.DRAFT or not selectors.head_moved(change):
        return base, table, None
    head = head_table(change.cluster)
    merged = merge(base, head, table)
    old, new = base.by_key(), head.by_key()
    names = [str(key) for key in {**old, **new} if old.get(key) != new.get(key)]
    names += [part.name for part in diff_settings(base, head) if part.kind != "same"]
    changes = list(selectors.applied_since(change))
    more = max(0, len(names) - NAMED)
    return head, merged.table, Moved(changes, names[:NAMED], more, merged, doubled(table))


def problems_of(user: Any, change: Change, table: Table, first: int = 0) -> Problems:
    """Problems of a draft; of a change in review only what other clusters mean for it."""
    found: list[Problem] = []
    if change.state == Change.State.DRAFT:
        found += claimed_elsewhere(user, change.cluster, table.services)
        found += selectors.problems_of(change, table)
    elif change.state == Change.State.IN_REVIEW:
        found += claimed_elsewhere(user, change.cluster, table.services, AT_APPROVAL)
    return problems_page(change, found, table, first)


def listed(table: Table, asked: QueryDict) -> Listed:
    """asked: what the page's form sends: `q`, `page`, `key` (all of them), `every`, `server`."""
    query = str(asked.get("q") or "").replace("\0", "").strip()
    ticked = frozenset(asked.getlist("key"))
    matching = [service for service in table.services if matches(service, query)]
    page = Paginator(matching, SERVICES).get_page(asked.get("page"))
    slugs = {slug_of(service) for service in table.services}
    shown = {slug_of(service) for service in page}
    return Listed(
        page,
        len(table.services),
        len(matching),
        query,
        ticked,
        sorted((ticked & slugs) - shown),
        bool(asked.get("every")),
        str(asked.get("server") or ""),
    )
