"""What a cluster asks of its changes, and when none may begin."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from apps.accounts.policy import can, require
from apps.changes import services
from apps.changes.approval import approvers_named, freeze_of, policy_of
from apps.changes.errors import ChangeError, Invalid
from apps.changes.models import FreezeWindow
from apps.inventory import selectors as inventory
from apps.inventory.models import Cluster
from apps.web.forms.fields import TiedForm
from apps.web.forms.policy import DAYS, FreezeForm, PolicyForm
from apps.web.problems import blame, status_of
from apps.web.views.common import Request, found, whole


def show(request: Request, name: str) -> HttpResponse:
    """The policy; a form for those who may set it, a page for others."""
    cluster = found(inventory.cluster, request.user, name)
    policy = policy_of(cluster)
    posted = request.POST.get("act", "") if request.method == "POST" else ""
    initial = {
        "approvals": policy.approvals,
        "approvers": [user.pk for user in approvers_named(policy)],
        "free_weights": policy.free_weights,
        "confirm_within": policy.confirm_within or None,
    }
    forms: dict[str, TiedForm] = {
        "policy": PolicyForm(
            request.POST if posted == "policy" else None, initial=initial, cluster=cluster
        ),
        "freeze": FreezeForm(request.POST if posted == "freeze" else None),
    }
    status, error = 200, ""
    if request.method == "POST":
        require(request.user, "cluster.policy", cluster)
        status = 422
        try:
            if done := _act(request, cluster, posted, forms.get(posted)):
                messages.success(request, done)
                return redirect("web:cluster-policy", cluster.name)
        except Invalid as refused:
            error = blame(forms[posted], refused)
        except ChangeError as refused:
            status, error = status_of(refused), str(refused)
    for form in forms.values():
        form.mark_errors()
    context = {
        "cluster": cluster,
        "policy": policy,
        "approvers": [user.display_name for user in approvers_named(policy)],
        "form": forms["policy"],
        "freeze_form": forms["freeze"],
        "freezes": [(window, _times(window)) for window in cluster.freezes.all()],
        "frozen": freeze_of(cluster),
        "may_set": can(request.user, "cluster.policy", cluster),
        "error": error,
        "version": whole(request.POST.get("version")) or policy.version,
    }
    return render(request, "web/cluster_policy.html", context, status=status)


def _act(request: Request, cluster: Cluster, act: str, form: Any) -> str:
    """What was done, as a sentence; "" where the form has errors. Raises ChangeError."""
    if act == "thaw":
        number = whole(request.POST.get("freeze"))
        window = found(FreezeWindow.objects.get, pk=number, cluster=cluster)
        services.remove_freeze(actor=request.user, window=window)
        return "The freeze is removed."
    if form is None or not form.is_valid():
        return ""
    if act == "freeze":
        services.add_freeze(actor=request.user, cluster=cluster, **form.cleaned_data)
        return "The freeze is added."
    version = whole(request.POST.get("version"))
    services.set_policy(actor=request.user, cluster=cluster, version=version, **form.cleaned_data)
    return "The policy is stored. It counts for changes in review, too."


def _times(window: FreezeWindow) -> str:
    """Of a weekly one: `Mon, Fri 22:00–06:00`; "" of one with dates."""
    if window.from_time is None or window.to_time is None:
        return ""
    days = ", ".join(DAYS[day] for day in window.weekdays)
    return f"every {days} {window.from_time:%H:%M}–{window.to_time:%H:%M}"
