"""The audit log."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.audit import selectors
from apps.audit.filters import AuditFilter
from apps.inventory.selectors import clusters
from apps.web.audit_text import Line, difference
from apps.web.views.common import PAGE, Request, found, whole_number

MOST = 200
"""Values that a record shows among others; its own page shows more."""
LINES = 1_000
"""Values on one page of a record."""
FIELD = "form-control form-control-sm"


@require_safe
def index(request: Request) -> HttpResponse:
    """Records, newest first, as far as the filter lets them through."""
    chosen = audit_filter(request, selectors.records(request.user))
    for field in chosen.form.fields.values():
        look = "form-select form-select-sm" if hasattr(field, "choices") else FIELD
        field.widget.attrs |= {"class": look, "autocomplete": "off"}
    for name in ("action", "object_type"):
        chosen.form.fields[name].widget.attrs["list"] = f"known-{name}"
    page = selectors.page(
        chosen.qs,
        before=whole_number(request.GET.get("before")),
        after=whole_number(request.GET.get("after")),
        size=PAGE,
    )
    context = {
        "filter": chosen,
        "page": page,
        "rows": [(record, *_shortened(record)) for record in page.records],
        "filtered": any(request.GET.get(name) for name in chosen.form.fields),
        "known": {"action": selectors.acts(), "object_type": selectors.kinds()},
    }
    return render(request, "web/audit.html", context)


@require_safe
def show(request: Request, number: int) -> HttpResponse:
    """One record, whole: LINES of its values at a time, from ?from on."""
    record = found(selectors.record, request.user, number)
    lines = difference(record.before, record.after)
    start = min(whole_number(request.GET.get("from")) or 0, max(len(lines) - 1, 0)) // LINES * LINES
    context = {
        "record": record,
        "lines": lines[start : start + LINES],
        "first": start + 1,
        "last": min(start + LINES, len(lines)),
        "count": len(lines),
        "earlier": max(start - LINES, 0) if start else None,
        "later": start + LINES if start + LINES < len(lines) else None,
    }
    return render(request, "web/audit_record.html", context)


def audit_filter(request: Request, rows: Any) -> AuditFilter:
    """The filter as the address has it, over these rows."""
    choices = [
        (cluster.pk, cluster.name) for cluster in clusters(request.user).prefetch_related(None)
    ]
    return AuditFilter(request.GET, rows, choices)


def _shortened(record: Any) -> tuple[list[Line], int, bool]:
    """The first of a record's values, how many more there are, and whether it is too long for a list."""
    lines = difference(record.listed_before, record.listed_after)
    return lines[:MOST], len(lines[MOST:]), record.size > selectors.LISTED
