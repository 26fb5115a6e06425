"""Changes: the list, the one page of a change, and the acts on it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.accounts.policy import require
from apps.changes import selectors, services
from apps.changes.approval import approvals_of, in_the_way
from apps.changes.errors import ChangeError, Conflict
from apps.changes.models import Change
from apps.inventory import selectors as inventory
from apps.jobs import services as jobs
from apps.web import change_page
from apps.web.change_plans import plan_part
from apps.web.change_runs import run_part, runs_of
from apps.web.forms.details import ChangeForm
from apps.web.problems import blame, conflict_of, status_of
from apps.web.views import draft_parts
from apps.web.views.common import Request, act_on_change, closed, draft_of, found, page_of, whole

OPEN = ("draft", "in_review", "approved", "applying", "stale", "partial", "failed")
S = Change.State
TABS = (("open", "Open"), ("waiting", "Waiting for me"), ("mine", "Mine"), ("all", "All"))


@require_safe
def index(request: Request) -> HttpResponse:
    """All changes: the open ones first, or those that wait for this person's review."""
    shown = request.GET.get("show", "open")
    changes = selectors.changes(request.user).select_related("cluster", "author")
    if shown == "waiting":
        changes = selectors.waiting_for(request.user).select_related("cluster", "author")
    elif shown == "mine":
        changes = changes.filter(author=request.user)
    elif shown != "all":
        shown, changes = "open", changes.filter(state__in=OPEN)
    if cluster := request.GET.get("cluster", "").replace("\0", ""):
        changes = changes.filter(cluster__name=cluster)
    context = {"page": page_of(request, changes), "shown": shown, "cluster": cluster}
    context["tabs"] = TABS
    template = "parts/change_list.html" if request.GET.get("part") == "list" else "changes.html"
    return render(request, f"web/{template}", context)


def new(request: Request, name: str) -> HttpResponse:
    """Open a draft from the cluster's head."""
    cluster = found(inventory.cluster, request.user, name)
    require(request.user, "change.edit", cluster)
    form = ChangeForm(request.POST or None)
    error = ""
    if request.method == "POST" and form.is_valid():
        try:
            change = services.open_draft(actor=request.user, cluster=cluster, **form.cleaned_data)
        except ChangeError as refused:
            error = blame(form, refused)
        else:
            return redirect("web:change", change.pk)
    form.mark_errors()
    context = {"form": form, "cluster": cluster, "error": error}
    return render(request, "web/change_form.html", context, status=422 if form.is_bound else 200)


@require_safe
def show(request: Request, number: int) -> HttpResponse:
    """Everything about one change; with ?part= the part that a live page asks for again."""
    part = request.GET.get("part", "")
    if part not in PARTS:
        change = found(selectors.change, request.user, number)
        return render(
            request, "web/change.html", change_page.page_of(request.user, change, request.GET)
        )
    change = found(selectors.change_without_tables, request.user, number)
    if part == "body" and request.GET.get("mark") == change_page.mark_of(change):
        return HttpResponse(status=204)  # what is shown is what there is: typed comments stay
    return PARTS[part](request, change)


def _head(request: Request, change: Change) -> HttpResponse:
    return render(request, "web/parts/change_head.html", change_page.head_of(request.user, change))


def _runs(request: Request, change: Change) -> HttpResponse:
    return render(request, "web/parts/runs.html", runs_of(change))


def _body(request: Request, change: Change) -> HttpResponse:
    change = found(selectors.change, request.user, change.pk)
    context = change_page.body_of(request.user, change, request.GET)
    return render(request, "web/parts/change_body.html", context)


def _moved(request: Request, change: Change) -> HttpResponse:
    return render(
        request, "web/parts/change_moved.html", change_page.moved_of(request.user, change)
    )


def _plan_steps(request: Request, change: Change) -> HttpResponse:
    """More steps of a plan, as list items. Raises Http404 where there are none."""
    number, first = whole(request.GET.get("number")), whole(request.GET.get("first"))
    plan = plan_part(change, number, first)
    if plan is None:
        raise Http404("There are no such steps.")
    return render(request, "web/parts/plan_steps.html", {"change": change, "plan": plan})


def _run_steps(request: Request, change: Change) -> HttpResponse:
    """More steps of a run, as list items. Raises Http404 where there are none."""
    ask = request.GET
    end = whole(ask["end"]) if "end" in ask else None
    lane = run_part(change, whole(ask.get("run")), whole(ask.get("first")), end)
    if lane is None:
        raise Http404("There are no such steps.")
    context = {"change": change, "lane": lane, "going_back": end is not None}
    return render(request, "web/parts/run_steps.html", context)


PARTS: dict[str, Callable[[Request, Change], HttpResponse]] = {
    "head": _head,
    "runs": _runs,
    "body": _body,
    "moved": _moved,
    "plan": _plan_steps,
    "run": _run_steps,
    **draft_parts.PARTS,
}
"""The parts that a live page asks for again, and the steps that it asks for when told to."""


def edit(request: Request, number: int) -> HttpResponse:
    """Title and reason of a draft."""
    change = draft_of(request, number)
    if back := closed(request, change):
        return back
    initial = {"title": change.title, "reason": change.reason}
    form = ChangeForm(request.POST or None, initial=initial)
    context: dict[str, Any] = {"form": form, "cluster": change.cluster, "change": change}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                version = whole(request.POST.get("version"))
                services.edit_details(
                    actor=request.user, change=change, version=version, **form.cleaned_data
                )
            except ChangeError as error:
                status = status_of(error)
                context |= conflict_of(request.user, change, error)
                if not isinstance(error, Conflict):
                    context["error"] = blame(form, error)
            else:
                return redirect("web:change", change.pk)
    form.mark_errors()
    return render(request, "web/change_form.html", context, status=status)


@act_on_change
def approve(request: Request, number: int) -> HttpResponse:
    """Approve exactly what was shown, and start it."""
    return act_on(
        request,
        number,
        lambda change: jobs.approve_and_start(
            actor=request.user,
            change=change,
            digest=request.POST.get("digest", ""),
            version=whole(request.POST.get("version")),
            comment=comment_in(request),
        ),
        "",
    )


@act_on_change
def reject(request: Request, number: int) -> HttpResponse:
    """Say no, and why."""
    return act_on(
        request,
        number,
        lambda change: services.reject_change(
            actor=request.user,
            change=change,
            digest=request.POST.get("digest", ""),
            version=whole(request.POST.get("version")),
            comment=comment_in(request),
        ),
        "Rejected. Its author can turn it into a draft again.",
    )


@act_on_change
def withdraw(request: Request, number: int) -> HttpResponse:
    """Give the change up."""
    return act_on(
        request,
        number,
        lambda change: services.withdraw_change(actor=request.user, change=change),
        "Withdrawn. Nothing was applied.",
    )


@act_on_change
def reopen(request: Request, number: int) -> HttpResponse:
    """Make it a draft again."""
    return act_on(
        request,
        number,
        lambda change: services.reopen_change(actor=request.user, change=change),
        "It is a draft again. Approvals it had no longer count.",
    )


def act_on(
    request: Request,
    number: int,
    act: Callable[[Change], object],
    done: str,
    **extra: object,
) -> HttpResponse:
    """Do it, and go back to the change's page; its page with the reason where it was refused."""
    change = found(selectors.change, request.user, number)
    try:
        after = act(change)
    except ChangeError as error:
        change = found(selectors.change, request.user, number)  # as it is now
        posted = request.POST.copy()
        if isinstance(error, Conflict):  # a yes to another draft is none to this one
            posted.pop("adopt", None)
            posted.pop("allow_empty", None)
        context: dict[str, object] = {"act_error": str(error), "posted": posted}
        context |= change_page.page_of(request.user, change) | extra
        return render(request, "web/change.html", context, status=status_of(error))
    if isinstance(after, Change) and selectors.head_moved(after) and after.state == S.DRAFT:
        messages.success(request, f"{done} Both it and the head changed some parts: decide these.")
        return redirect("web:change-rebase", number)
    if isinstance(after, Change) and after.state == S.STALE:
        messages.warning(request, "Not approved: the change was made from what is no longer there.")
    else:
        messages.success(request, done_to(after) or done)
    return redirect("web:change", number)


def comment_in(request: Request) -> str:
    """What was typed beside the verdict, without the one character that databases refuse."""
    return request.POST.get("comment", "").replace("\0", "")


def done_to(change: object) -> str:
    """What became of a change that was submitted or approved, as a sentence."""
    if not isinstance(change, Change):
        return ""
    if change.state == Change.State.IN_REVIEW:
        missing = approvals_of(change).missing
        return f"Noted. It needs {missing} more approval{'s' if missing > 1 else ''}."
    if change.state == Change.State.APPROVED:
        return f"Approved. {in_the_way(change) or 'It begins within seconds.'}"
    if change.state == Change.State.APPLYING:
        return "Approved. The runs below show how it goes."
    return ""
