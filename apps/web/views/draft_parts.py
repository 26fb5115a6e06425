"""Parts of a change's page that are asked for as one goes: more of the difference, problems, services."""

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.shortcuts import render

from apps.accounts.policy import can
from apps.changes import selectors
from apps.changes.models import Change
from apps.web.draft_page import listed, problems_of, proposal
from apps.web.side_by_side import side_by_side
from apps.web.views.common import Request, whole


def diff(request: Request, change: Change) -> HttpResponse:
    """The next services that differ. Raises Http404 where there are none."""
    before, after, _ = proposal(change, selectors.table_of(change))
    found = side_by_side(before, after, whole(request.GET.get("first")))
    if not found.parts:
        raise Http404("No more services differ.")
    context = {"change": change, "diff": found, "editable": _editable(request, change)}
    return render(request, "web/parts/side_parts.html", context)


def problems(request: Request, change: Change) -> HttpResponse:
    """The next problems. Raises Http404 where there are none."""
    table = selectors.table_of(change)
    found = problems_of(request.user, change, table, whole(request.GET.get("first")))
    if not found.shown:
        raise Http404("There are no more problems.")
    context = {"change": change, "problems": found, "editable": _editable(request, change)}
    return render(request, "web/parts/problem_rows.html", context)


def services(request: Request, change: Change) -> HttpResponse:
    """The list of a draft's services, for who may edit it. Raises Http404 for others."""
    if not _editable(request, change):
        raise Http404("Only the author of a draft edits its services.")
    found = listed(selectors.table_of(change), request.GET)
    context = {"change": change, "listed": found, "editable": True}
    return render(request, "web/parts/draft_services.html", context)


def _editable(request: Request, change: Change) -> bool:
    draft = change.state == Change.State.DRAFT
    return draft and can(request.user, "change.edit", change)


PARTS: dict[str, Callable[[Request, Change], HttpResponse]] = {
    "diff": diff,
    "problems": problems,
    "services": services,
}
