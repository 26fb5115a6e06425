"""The audit log."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.audit.filters import AuditFilter
from apps.audit.selectors import records
from apps.web.audit_text import difference
from apps.web.views.common import Request, page_of


@require_safe
def index(request: Request) -> HttpResponse:
    """Records, newest first, as far as the filter lets them through."""
    chosen = AuditFilter(request.GET, queryset=records(request.user))
    for field in chosen.form.fields.values():
        field.widget.attrs |= {"class": "form-control form-control-sm", "autocomplete": "off"}
    page = page_of(request, chosen.qs)
    rows = [(record, difference(record.before, record.after)) for record in page]
    context = {"filter": chosen, "page": page, "rows": rows, "filtered": any(request.GET.values())}
    return render(request, "web/audit.html", context)
