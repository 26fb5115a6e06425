"""Editing many services and real servers of a draft at once: choose, see what would change, store."""

import hashlib
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render

from apps.changes import selectors, services
from apps.changes.bulk import Edit, Outcome, Selection, edited, new_problems
from apps.changes.errors import ChangeError, Invalid
from apps.changes.models import Change
from apps.web.forms.many import ManyForm
from apps.web.placed import Problems, problems_page
from apps.web.problems import conflict_of, status_of
from apps.web.side_by_side import SideBySide, side_by_side
from apps.web.views.common import Request, closed, draft_of, whole
from lvs.model import Table

ROWS = 100
"""Of what would change, about."""


class Preview(NamedTuple):
    """What an edit would do."""

    outcome: Outcome
    diff: SideBySide
    problems: Problems
    mark: str
    """Names selection and edit: what is stored is what was shown."""


def edit(request: Request, number: int) -> HttpResponse:
    """The form; what comes from the draft's page only chooses, `act` previews or stores."""
    change = draft_of(request, number)
    if back := closed(request, change):
        return back
    slugs = request.POST.getlist("key")
    if "act" not in request.POST:
        return _page(request, change, ManyForm(initial=_chosen(request.POST, slugs)), slugs)
    form = ManyForm(request.POST)
    preview = _preview(change, form, slugs)
    if request.POST["act"] != "store" or preview is None:
        is_part = "HX-Request" in request.headers
        status = 200 if is_part or form.is_valid() else 422
        return _page(request, change, form, slugs, {"preview": preview}, status)
    if request.POST.get("mark") != preview.mark:
        extra = {"preview": preview, "error": "This is not what you were shown: look at it again."}
        return _page(request, change, form, slugs, extra, 409)
    return _store(request, change, form, slugs, preview)


def _chosen(posted: QueryDict, slugs: list[str]) -> dict[str, Any]:
    """What the form begins with: what the draft's page sent."""
    which = "every" if "every" in posted or not slugs else "keys"
    return {"which": which, "text": posted.get("text", ""), "server": posted.get("server", "")}


def _preview(change: Change, form: ManyForm, slugs: list[str]) -> Preview | None:
    """What would change; None where that can't be said, and the form's fields say why."""
    if not form.is_valid():
        return None
    selection, edit = form.selection(slugs), form.edit()
    wrong = [*selection.problems(), *edit.problems(selection)]
    for problem in wrong:
        form.add_error(form.field_of(problem.path) or None, problem.message)
    if wrong:
        return None
    table = selectors.table_of(change)
    outcome = edited(table, selection, edit)
    found = new_problems(outcome, selectors.abilities_of(change))
    return Preview(
        outcome,
        side_by_side(table, outcome.table, size=ROWS),
        problems_page(change, found, outcome.table),
        _mark(selection, edit, outcome.table),
    )


def _mark(selection: Selection, edit: Edit, table: Table) -> str:
    return hashlib.sha256(f"{selection} {edit} {table.digest}".encode()).hexdigest()[:16]


def _store(
    request: Request, change: Change, form: ManyForm, slugs: list[str], preview: Preview
) -> HttpResponse:
    try:
        services.edit_many(
            actor=request.user,
            change=change,
            version=whole(request.POST.get("version")),
            selection=form.selection(slugs),
            edit=form.edit(),
        )
    except Invalid:  # the preview names each
        extra = {"preview": preview, "error": "Nothing was stored: mend the errors below first."}
        return _page(request, change, form, slugs, extra, 422)
    except ChangeError as error:
        extra = conflict_of(request.user, change, error) | {"preview": preview}
        return _page(request, change, form, slugs, extra, status_of(error))
    number = len(preview.outcome.changed)
    word = "service is" if number == 1 else "services are"
    messages.success(request, f"{number} {word} edited in the draft.")
    return redirect("web:change", change.pk)


def _page(
    request: Request,
    change: Change,
    form: ManyForm,
    slugs: list[str],
    extra: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    form.mark_errors()
    context = {"change": change, "form": form, "slugs": slugs, "version": change.version}
    part = "HX-Request" in request.headers
    template = "web/parts/many_check.html" if part else "web/many.html"
    return render(request, template, context | (extra or {}), status=status)
