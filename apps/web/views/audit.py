"""The audit log."""

from collections.abc import Iterator

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.policy import can_somewhere
from apps.audit import selectors
from apps.audit.exporting import FORMATS, Format, lines
from apps.audit.filters import AuditFilter
from apps.audit.keyset import page_of
from apps.audit.services import record_export
from apps.web.audit_text import Line, difference
from apps.web.views.common import Request, found

MOST = 200
"""Values that a record shows among others; its own page shows more."""
MOST_ALONE = 2000
"""Values that a record's own page shows; `?all=yes` shows all."""
_TYPES: dict[Format, str] = {"jsonl": "application/x-ndjson", "csv": "text/csv"}


@require_safe
def index(request: Request) -> HttpResponse:
    """Records, newest first, as far as the filter lets them through."""
    chosen = AuditFilter(request.GET, queryset=selectors.records(request.user))
    for field in chosen.form.fields.values():
        field.widget.attrs |= {"class": "form-control form-control-sm", "autocomplete": "off"}
    page = page_of(chosen.qs, request.GET)
    rows = [
        (record, *_shortened(difference(record.before, record.after), MOST)) for record in page.rows
    ]
    context = {
        "filter": chosen,
        "page": page,
        "rows": rows,
        "filtered": any(request.GET.values()),
        "may_export": can_somewhere(request.user, "audit.export"),
        "formats": FORMATS,
    }
    return render(request, "web/audit.html", context)


@require_safe
def show(request: Request, number: int) -> HttpResponse:
    """One record, whole; of a very long difference the first part, until all is asked for."""
    record = found(selectors.record, request.user, number)
    every = difference(record.before, record.after)
    lines, more = (every, 0) if request.GET.get("all") else _shortened(every, MOST_ALONE)
    context = {"record": record, "lines": lines, "more": more, "alone": True}
    return render(request, "web/audit_record.html", context)


@require_POST
def export(request: Request) -> StreamingHttpResponse:
    """The records of the filter as a file, oldest first; that somebody took them is a record too."""
    form = next((known for known in FORMATS if known == request.POST.get("format")), None)
    if form is None:
        raise Http404("There is no such format.")
    chosen = AuditFilter(request.GET, queryset=selectors.exportable(request.user))
    wanted = {name: value for name, value in request.GET.items() if value}
    record_export(actor=request.user, form=form, wanted=wanted)
    response = StreamingHttpResponse(_all(lines(chosen.qs, form)), content_type=_TYPES[form])
    name = f"audit-{timezone.now():%Y%m%d-%H%M%S}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _all(text: Iterator[str]) -> Iterator[bytes]:
    for line in text:
        yield line.encode()


def _shortened(lines: list[Line], most: int) -> tuple[list[Line], int]:
    """The first of them, and how many more there are."""
    return lines[:most], len(lines[most:])
