"""The audit log."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from apps.audit import selectors
from apps.audit.export import FORMATS, Format, exported, newest_number
from apps.audit.filters import AuditFilter
from apps.audit.services import record_export
from apps.inventory.selectors import clusters
from apps.web.audit_text import Line, difference
from apps.web.views.common import PAGE, Request, found, whole_number

MOST = 200
"""Values that a record shows among others; its own page shows more."""
LINES = 1_000
"""Values on one page of a record."""
SENT_TOGETHER = 50
"""Records that are sent in one piece."""
TYPES: dict[Format, str] = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
}
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
        "may_export": bool(request.user.audit_export_scope),
        "behind": selectors.copies_behind(request.user),
        "known": {"action": selectors.acts(), "object_type": selectors.kinds()},
    }
    return render(request, "web/audit.html", context)


@require_safe
def show(request: Request, number: int) -> HttpResponse:
    """One record, whole: LINES of its values at a time, from ?from on."""
    record = found(selectors.record, request.user, number)
    start = (whole_number(request.GET.get("from")) or 0) // LINES * LINES
    # One more than are shown tells whether there are more; nobody counts them all.
    lines = list(islice(difference(record.before, record.after), start, start + LINES + 1))
    context = {
        "record": record,
        "lines": lines[:LINES],
        "first": start + 1,
        "last": start + min(LINES, len(lines)),
        "earlier": max(start - LINES, 0) if start else None,
        "later": start + LINES if len(lines) > LINES else None,
    }
    return render(request, "web/audit_record.html", context)


@require_POST
def export(request: Request) -> HttpResponse | StreamingHttpResponse:
    """The records that the filter lets through as a file, sent as it is read. It leaves a record itself."""
    rows = selectors.exportable(request.user)
    style = next((each for each in FORMATS if each == request.POST.get("format")), None)
    chosen = audit_filter(request, rows)
    if style is None or chosen.form.errors:
        messages.error(request, "Nothing was exported: the filter has a mistake.")
        return redirect(f"{reverse('web:audit')}?{request.GET.urlencode()}")
    wanted = {name: value for name, value in request.GET.items() if name in chosen.form.fields}
    last = newest_number()
    record_export(actor=request.user, style=style, wanted=wanted, records=chosen.qs, last=last)
    texts: Any = exported(chosen.qs, style, last)
    if isinstance(request, ASGIRequest):  # else the server would read all before it sends any
        texts = _in_threads(texts)
    response = StreamingHttpResponse(texts, content_type=TYPES[style])
    response["Content-Disposition"] = f'attachment; filename="audit.{style}"'
    return response


async def _in_threads(texts: Iterator[str]) -> AsyncIterator[str]:
    """The same texts, read in the request's own thread, many at a time: its database is there."""
    while some := await sync_to_async(lambda: "".join(islice(texts, SENT_TOGETHER)))():
        yield some


def audit_filter(request: Request, rows: Any) -> AuditFilter:
    """The filter as the address has it, over these rows."""
    choices = [
        (cluster.pk, cluster.name) for cluster in clusters(request.user).prefetch_related(None)
    ]
    return AuditFilter(request.GET, rows, choices)


def _shortened(record: Any) -> tuple[list[Line], int, bool]:
    """The first of a record's values, how many more there are, and whether it is too long for a list."""
    lines = list(difference(record.listed_before, record.listed_after))
    return lines[:MOST], len(lines[MOST:]), record.size > selectors.LISTED
