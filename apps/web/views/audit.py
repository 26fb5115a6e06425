"""The audit log."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.audit import selectors
from apps.audit.filters import AuditFilter
from apps.web.audit_text import Line, difference
from apps.web.views.common import Request, found, page_of

MOST = 200
"""Values that a record shows among others; its own page shows all."""


@require_safe
def index(request: Request) -> HttpResponse:
    """Records, newest first, as far as the filter lets them through."""
    chosen = AuditFilter(request.GET, queryset=selectors.records(request.user))
    for field in chosen.form.fields.values():
        field.widget.attrs |= {"class": "form-control form-control-sm", "autocomplete": "off"}
    page = page_of(request, chosen.qs)
    rows = [(record, *_shortened(difference(record.before, record.after))) for record in page]
    context = {"filter": chosen, "page": page, "rows": rows, "filtered": any(request.GET.values())}
    return render(request, "web/audit.html", context)


@require_safe
def show(request: Request, number: int) -> HttpResponse:
    """One record, whole."""
    record = found(selectors.record, request.user, number)
    context = {"record": record, "lines": difference(record.before, record.after)}
    return render(request, "web/audit_record.html", context)


def _shortened(lines: list[Line]) -> tuple[list[Line], int]:
    """The first of them, and how many more there are."""
    return lines[:MOST], len(lines[MOST:])
