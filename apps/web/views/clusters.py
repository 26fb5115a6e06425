"""Clusters: the list, the live page, new and edit."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.accounts.policy import require
from apps.inventory import selectors, services
from apps.inventory.errors import InventoryError
from apps.inventory.models import Cluster
from apps.web import cluster_page, drift_page
from apps.web.forms.details import ClusterForm
from apps.web.views.common import Request, found

PARTS = {
    "drift": ("web/parts/cluster_drift.html", drift_page.drifts_of),
    "directors": ("web/parts/cluster_directors.html", cluster_page.directors_of),
    "settings": ("web/parts/cluster_settings.html", cluster_page.settings_of),
    "changes": ("web/parts/cluster_changes.html", cluster_page.changes_of),
    "services": ("web/parts/cluster_services.html", cluster_page.services_of),
    "head": ("web/parts/cluster_head.html", cluster_page.head_of),
}


@require_safe
def index(request: Request) -> HttpResponse:
    """All clusters with what they hold and who serves them."""
    template = "parts/cluster_list.html" if request.GET.get("part") == "list" else "clusters.html"
    return render(request, f"web/{template}", {"clusters": cluster_page.overview(request.user)})


@require_safe
def show(request: Request, name: str) -> HttpResponse:
    """The live page."""
    cluster = found(selectors.cluster, request.user, name)
    context = cluster_page.page_of(request.user, cluster, request.GET.get("q", ""))
    context |= drift_page.drifts_of(request.user, cluster)
    return render(request, "web/cluster.html", context)


@require_safe
def part(request: Request, number: int, name: str) -> HttpResponse:
    """A part that the live page reads again; by the cluster's id, as its name may change."""
    if name not in PARTS:
        raise Http404(f"A cluster's page has no part “{name}”.")
    template, context_of = PARTS[name]
    cluster = found(selectors.cluster_numbered, request.user, number)
    return render(request, template, context_of(request.user, cluster, request.GET.get("q", "")))


def new(request: Request) -> HttpResponse:
    """Make a cluster."""
    require(request.user, "cluster.create")
    return _form(request, None)


def edit(request: Request, name: str) -> HttpResponse:
    """Rename it, describe it, choose its directors."""
    cluster = found(selectors.cluster, request.user, name)
    require(request.user, "cluster.edit", cluster)
    return _form(request, cluster)


def _form(request: Request, cluster: Cluster | None) -> HttpResponse:
    choices = selectors.free_directors(request.user)
    initial: dict[str, Any] = {}
    if cluster:
        choices = (choices | cluster.directors.all()).distinct()
        initial = {"name": cluster.name, "description": cluster.description}
        initial["directors"] = [director.pk for director in cluster.directors.all()]
    form = ClusterForm(request.POST or None, initial=initial, choices=choices)
    if request.method == "POST" and form.is_valid():
        try:
            stored = _store(request, cluster, form.cleaned_data)
        except InventoryError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, f"Cluster {stored.name} is stored.")
            return redirect("web:cluster", stored.name)
    form.mark_errors()
    context = {"form": form, "cluster": cluster}
    return render(request, "web/cluster_form.html", context, status=422 if form.is_bound else 200)


def _store(request: Request, cluster: Cluster | None, data: dict[str, Any]) -> Cluster:
    if cluster is None:
        return services.create_cluster(actor=request.user, **data)
    return services.edit_cluster(actor=request.user, cluster=cluster, **data)
