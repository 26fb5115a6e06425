"""The drift of a director: what differs, and what can be done about it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.changes import services
from apps.changes.errors import ChangeError
from apps.changes.models import Change
from apps.inventory import selectors as inventory
from apps.inventory.models import Director
from apps.jobs import services as jobs
from apps.web import drift_page
from apps.web.forms.drift import forms_of
from apps.web.problems import status_of
from apps.web.views.common import Request, found

PARTS: dict[str, tuple[str, str, Callable[..., dict[str, Any]]]] = {
    "now": ("web/parts/drift_now.html", "now_mark", drift_page.now_of),
    "acts": ("web/parts/drift_acts.html", "acts_mark", drift_page.acts_of),
}


@require_safe
def show(request: Request, uuid: Any) -> HttpResponse:
    """With ?part= a part that a live page asks for again; nothing while it is as it was."""
    director = found(inventory.director, request.user, uuid)
    part = request.GET.get("part", "")
    if part not in PARTS:
        context = drift_page.page_of(request.user, director)
        return render(request, "web/drift.html", context)
    template, mark, context_of = PARTS[part]
    context = context_of(request.user, director)
    if request.GET.get("mark") == context[mark]:
        return HttpResponse(status=204)
    return render(request, template, context)


def adopt(request: Request, uuid: Any) -> HttpResponse:
    """Open a draft of what the director holds."""

    def work(director: Director, digest: str, reason: str) -> HttpResponse:
        change = services.adopt_drift(
            actor=request.user, director=director, digest=digest, reason=reason
        )
        messages.success(
            request, "This draft holds what the director has. Look at it, then submit it."
        )
        return redirect("web:change", change.pk)

    return _act(request, uuid, "adopt", work)


def revert(request: Request, uuid: Any) -> HttpResponse:
    """Apply the head again."""

    def work(director: Director, digest: str, reason: str) -> HttpResponse:
        change = jobs.revert_drift(
            actor=request.user,
            director=director,
            digest=digest,
            reason=reason,
            adopt="adopt" in request.POST,
            allow_empty="allow_empty" in request.POST,
            emergency="emergency" in request.POST,
        )
        messages.success(request, _said(change))
        return redirect("web:change", change.pk)

    return _act(request, uuid, "revert", work)


def ignore(request: Request, uuid: Any) -> HttpResponse:
    """Say that it is meant."""

    def work(director: Director, digest: str, reason: str) -> HttpResponse:
        services.ignore_drift(actor=request.user, director=director, digest=digest, reason=reason)
        messages.success(request, "Ignored, until something else differs.")
        return redirect("web:director-drift", director.uuid)

    return _act(request, uuid, "ignore", work)


def heed(request: Request, uuid: Any) -> HttpResponse:
    """Ignore it no longer."""

    def work(director: Director, digest: str, reason: str) -> HttpResponse:
        services.heed_drift(actor=request.user, director=director)
        messages.success(request, "It counts as drift again.")
        return redirect("web:director-drift", director.uuid)

    return _act(request, uuid, "", work)


def _said(change: Change) -> str:
    if change.state == Change.State.APPLYING:
        return "It is being put back. The runs below show how it goes."
    if change.state == Change.State.APPROVED:
        return "Approved: it is put back as soon as nothing is in the way."
    return "Submitted. Someone else must approve it, then it is put back."


def _act(
    request: Request, uuid: Any, name: str, work: Callable[[Director, str, str], HttpResponse]
) -> HttpResponse:
    """By POST only: who loads the address of an act that was refused gets the page."""
    if request.method != "POST":
        return redirect("web:director-drift", uuid)
    director = found(inventory.director, request.user, uuid)
    forms = forms_of(request.POST, name)
    form = forms.get(name)
    error, status = "", 422
    if form is None or form.is_valid():
        try:
            reason = form.cleaned_data["reason"] if form else ""
            return work(director, request.POST.get("digest", ""), reason)
        except ChangeError as refused:
            status = status_of(refused)
            if form is None or not form.blame(refused):
                error = str(refused)
    if form:
        form.mark_errors()
    context = drift_page.page_of(request.user, director)
    context |= {"forms": forms, "act_error": error, "posted": request.POST}
    return render(request, "web/drift.html", context, status=status)
