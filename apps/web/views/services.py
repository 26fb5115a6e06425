"""Virtual services of a draft: form, check as you type, delete."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.changes import selectors, services
from apps.changes.abilities import check_service_abilities
from apps.changes.errors import ChangeError, Conflict, Invalid
from apps.changes.models import Change
from apps.inventory.keys import key_of
from apps.web.draft_check import problems_of
from apps.web.forms.service_input import ServiceInput
from apps.web.problems import conflict_of, status_of
from apps.web.views.common import Request, act_on_change, closed, draft_of, whole
from lvs.model import VirtualService


def new(request: Request, number: int) -> HttpResponse:
    """Add a service to the draft; with ?like= the form is filled as that service of it is."""
    change = draft_of(request, number)
    like = _service_or_none(change, request.GET.get("like", ""))
    return closed(request, change) or _form(request, change, None, like)


def edit(request: Request, number: int, slug: str) -> HttpResponse:
    """Edit a service of the draft. Its identity may change too: the plan says what that costs."""
    change = draft_of(request, number)
    if back := closed(request, change):
        return back
    old = _service_or_none(change, slug)
    if old is None and request.method == "POST":
        return _gone(request, change)
    return _form(request, change, _service(change, slug))


def _gone(request: Request, change: Change) -> HttpResponse:
    """The service was taken out of the draft while it was edited: what was typed can be added anew."""
    abilities = selectors.abilities_of(change)
    typed = ServiceInput(request.POST, None, abilities)
    typed.blame(problems_of(request.user, change, typed.service(), None, abilities))
    text = "The service that you edited is no longer in the draft."
    extra = conflict_of(request.user, change, Conflict(text))
    extra |= {"action": reverse("web:service-new", args=[change.pk])}
    return _page(request, change, typed, extra, 409)


@require_POST
def check(request: Request, number: int) -> HttpResponse:
    """The messages beside the fields, as a person types. Stores nothing."""
    change = draft_of(request, number)
    old = _service_or_none(change, request.POST.get("old_key", ""))
    abilities = selectors.abilities_of(change)
    typed = ServiceInput(request.POST, old, abilities)
    typed.blame(problems_of(request.user, change, typed.service(), old, abilities))
    typed.forget_missing()
    return render(request, "web/parts/form_check.html", {"input": typed})


@act_on_change
def delete(request: Request, number: int, slug: str) -> HttpResponse:
    """Take a service out of the draft."""
    change = draft_of(request, number)
    service = _service(change, slug)
    try:
        services.remove_service(
            actor=request.user,
            change=change,
            version=whole(request.POST.get("version")),
            key=service.key,
        )
    except ChangeError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{service} is out of the draft.")
    return redirect("web:change", number)


def _form(
    request: Request,
    change: Change,
    old: VirtualService | None,
    like: VirtualService | None = None,
) -> HttpResponse:
    abilities = selectors.abilities_of(change)
    if request.method != "POST":
        typed = ServiceInput(None, old, abilities, like)
        typed.warn_of(check_service_abilities(old, abilities) if old else ())
        return _page(request, change, typed, {"like": like})
    typed = ServiceInput(request.POST, old, abilities)
    service = typed.service()
    typed.blame(problems_of(request.user, change, service, old, abilities))
    extra: dict[str, Any] = {"like": like}
    status = 422
    if typed.ok:
        try:
            services.put_service(
                actor=request.user,
                change=change,
                version=whole(request.POST.get("version")),
                old_key=old.key if old else None,
                service=service,
            )
        except Invalid as error:
            typed.blame(error.problems)
            typed.other = typed.other or ([] if not typed.ok else [str(error)])
        except ChangeError as error:
            status = status_of(error)
            extra |= conflict_of(request.user, change, error)
            typed.other += [extra["error"]] if extra["error"] else []
        else:
            messages.success(request, f"{service} is in the draft.")
            return redirect("web:change", change.pk)
    return _page(request, change, typed, extra | {"submitted": True}, status)


def _page(
    request: Request,
    change: Change,
    typed: ServiceInput,
    extra: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    for form in typed.forms:
        if form.is_bound:
            form.mark_errors()
    context = {
        "change": change,
        "old": typed.old,
        "input": typed,
        "version": change.version,
        "blank_row": typed.blank_row,
    }
    return render(request, "web/service_form.html", context | (extra or {}), status=status)


def _service_or_none(change: Change, slug: str) -> VirtualService | None:
    try:
        return selectors.table_of(change).by_key()[key_of(slug)]
    except (KeyError, ValueError):
        return None


def _service(change: Change, slug: str) -> VirtualService:
    service = _service_or_none(change, slug)
    if service is None:
        raise Http404(f"Change {change.pk} has no service “{slug}”.")
    return service
