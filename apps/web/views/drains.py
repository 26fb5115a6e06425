"""Drains: beginning one, watching it, and deciding earlier."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.policy import can, require
from apps.changes.errors import ChangeError
from apps.changes.models import Change
from apps.drains import selectors, services
from apps.drains.edits import server_in, service_in_head
from apps.drains.errors import DrainError
from apps.drains.models import Drain
from apps.drains.services.steps import OPEN
from apps.drains.warnings import warnings_of
from apps.inventory import selectors as inventory
from apps.inventory.keys import key_of
from apps.web.forms.drain import DrainForm
from apps.web.views.common import Request, found, whole
from lvs.model import RealServer, VirtualService
from lvs.rules import is_usable

S = Drain.State


def new(request: Request, name: str, slug: str, server: str) -> HttpResponse:
    """Ask how, with what may hinder it; by POST it begins."""
    cluster = found(inventory.cluster, request.user, name)
    require(request.user, "change.submit", cluster)
    service, real = _meant(cluster, slug, server)
    form = DrainForm(request.POST or None)
    error, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                drain = services.start_drain(
                    actor=request.user,
                    cluster=cluster,
                    service=service.key,
                    address=real.address,
                    port=real.port,
                    allow_empty="allow_empty" in request.POST,
                    **form.cleaned_data,
                )
            except ChangeError as refused:
                error, status = str(refused), 409
            else:
                return redirect("web:drain", drain.pk)
    form.mark_errors()
    context = {
        "cluster": cluster,
        "service": service,
        "server": real,
        "form": form,
        "error": error,
        "last": not is_usable(_without(service, real)),
        "allow_empty": "allow_empty" in request.POST,
        "warnings": warnings_of(cluster, inventory.head_table(cluster), service),
    }
    return render(request, "web/drain_form.html", context, status=status)


@require_safe
def show(request: Request, number: int) -> HttpResponse:
    """One drain; with ?part=all only what a live page asks for again."""
    drain = found(selectors.drain, request.user, number)
    template = "parts/drain.html" if request.GET.get("part") == "all" else "drain.html"
    return render(request, f"web/{template}", _context(request, drain))


@require_POST
def act(request: Request, number: int) -> HttpResponse:
    """Undo it, remove the real server now, or keep it at weight 0 now."""
    drain = found(selectors.drain, request.user, number)
    try:
        match request.POST.get("act", ""):
            case "undo":
                services.undo_drain(actor=request.user, drain=drain)
            case "remove":
                services.end_early(actor=request.user, drain=drain, how=Drain.Then.REMOVE)
            case "keep":
                services.end_early(actor=request.user, drain=drain, how=Drain.Then.KEEP)
            case _:
                raise Http404("A drain has no such act.")
    except ChangeError as refused:
        drain = found(selectors.drain, request.user, number)
        context = _context(request, drain) | {"error": str(refused)}
        return render(request, "web/drain.html", context, status=409)
    messages.success(request, "Done.")
    return redirect("web:drain", drain.pk)


def _context(request: Request, drain: Drain) -> dict[str, Any]:
    under_way = drain.state == S.UNDOING and drain.change.state != Change.State.STALE
    may_act = drain.state in OPEN and not under_way
    return {
        "drain": drain,
        "cluster": drain.cluster,
        "is_open": drain.state in OPEN,
        "may_act": may_act and can(request.user, "change.submit", drain.cluster),
    }


def _meant(cluster: Any, slug: str, server: str) -> tuple[VirtualService, RealServer]:
    """The service and real server of the address. Raises Http404 where the head has none such."""
    address, _, port = server.rpartition("-")
    try:
        service = service_in_head(cluster, key_of(slug))
        return service, server_in(service, address, whole(port))
    except (ValueError, DrainError) as error:
        raise Http404(str(error)) from None


def _without(service: VirtualService, real: RealServer) -> VirtualService:
    others = tuple(s for s in service.real_servers if s.key != real.key)
    return service._replace(real_servers=others)
