"""Reading the audit log."""

from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Case, F, JSONField, QuerySet, When

from apps.audit.models import AuditLink, AuditRecord, AuditSink
from apps.audit.search import beyond, order_of
from apps.audit.sinks import configured

LISTED = 20_000
"""Characters of a record up to which a list shows what was before and after; its own page shows all."""


class Page(NamedTuple):
    """Some records, newest first, and the numbers that lead on."""

    records: list[AuditRecord]
    newer: int | None
    """There are records after this one; None: there are none, or this is the newest page."""
    older: int | None
    """There are records before this one."""


def records(user: Any) -> QuerySet[AuditRecord]:
    """The records that the user may read, newest first: all, or those of the clusters where they may.

    The policy module stands above this app: the user brings its answer, `audit_scope`. Raises
    PermissionDenied for those who may read none.
    """
    scope = getattr(user, "audit_scope", None)
    if not scope:
        raise PermissionDenied("You may not read the audit log: that needs the role auditor.")
    return _within(scope, AuditRecord.objects.select_related("actor"))


def exportable(user: Any) -> QuerySet[AuditRecord]:
    """The records that the user may export. Raises PermissionDenied for those who may export none."""
    scope = getattr(user, "audit_export_scope", None)
    if not scope:
        raise PermissionDenied("You may not export the audit log: that needs the role auditor.")
    return _within(scope, AuditRecord.objects.all())


def record(user: Any, number: int) -> AuditRecord:
    """One record. Raises AuditRecord.DoesNotExist, PermissionDenied."""
    return records(user).get(pk=number)


def page(found: QuerySet[AuditRecord], *, before: int | None, after: int | None, size: int) -> Page:
    """The newest so many, or those older or newer than the record of a number; `before` wins. Newest first is
    by time, not by number: a clock that was wrong moves its own records, and hides no others.

    Never counts, never skips: each page takes as long as the first. What was before and after comes as
    `listed_before` and `listed_after`, None where the record is longer than LISTED.
    """
    upward = before is None and after is not None
    if before is not None:
        found = beyond(found, before, newer=False)
    elif after is not None:
        found = beyond(found, after, newer=True)
    order = [name if upward else f"-{name}" for name in order_of(found)]
    rows = list(_light(found).order_by(*order)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if upward:
        rows.reverse()
    if not rows:
        return Page([], None, None)
    return Page(
        rows,
        newer=rows[0].pk if (more if upward else before is not None) else None,
        older=rows[-1].pk if upward or more else None,
    )


def copies_behind(user: Any) -> list[tuple[AuditSink, int]]:
    """The places outside that take nothing now, each with how many records it lacks; for those only who may
    export everything."""
    scope = getattr(user, "audit_export_scope", None)
    if not scope or not scope.everywhere:
        return []
    named = {(sink.kind, sink.name) for sink in configured()}
    down = [
        sink for sink in AuditSink.objects.filter(failures__gt=0).order_by("kind")
        if (sink.kind, sink.target) in named
    ]  # fmt: skip
    if not down:
        return []
    head = AuditLink.objects.order_by("-position").values_list("position", flat=True).first() or 0
    return [(sink, head - sink.position) for sink in down]


def acts() -> list[str]:
    """The names of all acts that the log holds. Hops from one to the next in their index."""
    return _distinct("action")


def kinds() -> list[str]:
    """The kinds of objects that the log holds."""
    return _distinct("object_type")


def _distinct(column: str) -> list[str]:
    table = "audit_auditrecord"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE hop(name) AS (SELECT MIN({column}) FROM {table} UNION ALL"  # noqa: S608
            f" SELECT (SELECT MIN({column}) FROM {table} WHERE {column} > hop.name)"
            " FROM hop WHERE hop.name IS NOT NULL) SELECT name FROM hop WHERE name IS NOT NULL"
        )
        return [name for (name,) in cursor.fetchall()]


def _within(scope: Any, found: QuerySet[AuditRecord]) -> QuerySet[AuditRecord]:
    if scope.everywhere:
        return found
    numbers = list(scope.clusters)
    if len(numbers) == 1:  # by its index alone
        return found.filter(cluster_number=numbers[0])
    return found.filter(cluster_number__in=numbers)


def _light(found: QuerySet[AuditRecord]) -> QuerySet[AuditRecord]:
    """Without what is long: a page of records with 11,000 rules each would take seconds to read."""

    def if_short(name: str) -> Case:
        return Case(When(size__lte=LISTED, then=F(name)), default=None, output_field=JSONField())

    listed = {f"listed_{name}": if_short(name) for name in ("before", "after")}
    return found.defer("before", "after", "search_text").annotate(**listed)
