"""What people ask of a director beside its table: connections, fitness, counters to zero."""

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.accounts.policy import require
from apps.inventory import selectors as inventory
from apps.inventory.keys import key_of
from apps.jobs import selectors
from apps.jobs.models import Errand
from apps.jobs.services import ask_director
from apps.web import errand_page
from apps.web.forms.connections import ConnectionsForm
from apps.web.views.common import Request, act_on_director, found
from lvs.documents import key_to_document


def connections(request: Request, uuid: Any) -> HttpResponse:
    """Choose what to look for in a director's connection table, and ask it."""
    director = found(inventory.director, request.user, uuid)
    require(request.user, "director.ask", director)
    form = ConnectionsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        errand = ask_director(
            actor=request.user,
            director=director,
            kind=Errand.Kind.CONNECTIONS,
            arguments=form.arguments,
        )
        return redirect("web:errand", errand.pk)
    form.mark_errors()
    context = {"form": form, **errand_page.asking(director, Errand.Kind.CONNECTIONS)}
    return render(request, "web/errand.html", context, status=422 if form.is_bound else 200)


@act_on_director
def fitness(request: Request, uuid: Any) -> HttpResponse:
    """Ask a director whether its host is fit for the table that it holds."""
    director = found(inventory.director, request.user, uuid)
    errand = ask_director(actor=request.user, director=director, kind=Errand.Kind.DOCTOR)
    return redirect("web:errand", errand.pk)


@act_on_director
def zero(request: Request, uuid: Any) -> HttpResponse:
    """Set the counters of one service, or of all that are ours, to zero."""
    director = found(inventory.director, request.user, uuid)
    slug = request.POST.get("service", "")
    try:
        service = key_to_document(key_of(slug)) if slug else None
    except ValueError as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain")
    errand = ask_director(
        actor=request.user,
        director=director,
        kind=Errand.Kind.ZERO,
        arguments={"service": service},
    )
    return redirect("web:errand", errand.pk)


def script(request: Request, number: int) -> HttpResponse:
    """Ask for the script that checks one of the real servers of an answered fitness, for its table."""
    examined = found(selectors.errand, request.user, number)
    if request.method != "POST":
        return redirect("web:errand", number)
    address = request.POST.get("address", "")
    if examined.kind != Errand.Kind.DOCTOR or address not in errand_page.real_servers(examined):
        raise Http404("That fitness names no such real server.")
    errand = ask_director(
        actor=request.user,
        director=examined.director,
        kind=Errand.Kind.SCRIPT,
        arguments=examined.arguments | {"address": address},
    )
    return redirect("web:errand", errand.pk)


@require_safe
def show(request: Request, number: int) -> HttpResponse:
    """An errand: waiting, or its answer."""
    errand = found(selectors.errand, request.user, number)
    part = request.GET.get("part") == "answer"
    template = "parts/errand_answer.html" if part else "errand.html"
    return render(request, f"web/{template}", errand_page.page_of(errand) | {"part": part})
