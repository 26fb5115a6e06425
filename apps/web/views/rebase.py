"""Bringing a draft up to date with the head: in one step, or part by part where both sides changed it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from apps.changes import selectors, services
from apps.changes.errors import ChangeError
from apps.changes.models import Change
from apps.changes.rebase import SIDES, Clash, Row, rows_of
from apps.web.draft_page import proposal
from apps.web.problems import status_of
from apps.web.views.common import Request, closed, draft_of, whole

SHOWN = 200
"""Parts that are shown to be decided one by one; the others are decided together."""
CHOICE = "choose:"
"""What the name of a choice's field begins with; the key of the clash follows."""


class Shown(NamedTuple):
    """A clash as the page shows it."""

    clash: Clash
    name: str
    """Of the field that decides it."""
    rows: list[Row]
    chosen: str
    missing: bool
    """Whether it was sent without a choice."""


def edit(request: Request, number: int) -> HttpResponse:
    """What moved, and each part that both sides changed, to be decided."""
    change = draft_of(request, number)
    if back := closed(request, change):
        return back
    if request.method != "POST":
        if change.base_id == change.cluster.head_id:
            messages.info(request, "The draft stands on the newest revision already.")
            return redirect("web:change", number)
        return _page(request, change, {})
    choices = _choices(request, change)
    try:
        services.rebase_change(
            actor=request.user,
            change=change,
            version=whole(request.POST.get("version")),
            head=whole(request.POST.get("head")),
            choices=choices,
        )
    except ChangeError as error:
        change = draft_of(request, number)  # as it is now
        return _page(request, change, choices, str(error), status_of(error))
    messages.success(request, "The draft stands on the newest revision now.")
    return redirect("web:change", number)


def _choices(request: Request, change: Change) -> dict[str, str]:
    """What was chosen, by the key of the clash; `rest` is for all that nothing was chosen for."""
    chosen = {
        name.removeprefix(CHOICE): str(side)
        for name, side in request.POST.items()
        if name.startswith(CHOICE)
    }
    rest = request.POST.get("rest", "")
    if rest in SIDES:
        undecided = selectors.merge_of(change, chosen).undecided
        chosen |= {clash.key: rest for clash in undecided}
    return chosen


def _page(
    request: Request,
    change: Change,
    choices: Mapping[str, str],
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    _, _, moved = proposal(change, selectors.table_of(change))
    merge = selectors.merge_of(change, choices)
    shown = [_shown(clash, bool(error)) for clash in merge.clashes[:SHOWN]]
    context: dict[str, Any] = {
        "change": change,
        "cluster": change.cluster,
        "moved": moved,
        "clashes": shown,
        "total": len(merge.clashes),
        "more": len(merge.clashes) - len(shown),
        "error": error,
        "rest": request.POST.get("rest", ""),
    }
    return render(request, "web/rebase.html", context, status=status)


def _shown(clash: Clash, sent: bool) -> Shown:
    chosen = clash.chosen or ""
    return Shown(clash, CHOICE + clash.key, rows_of(clash), chosen, sent and not chosen)
