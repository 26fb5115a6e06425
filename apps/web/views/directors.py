"""Directors: the list, and what one says of itself."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.accounts.policy import can, require
from apps.inventory import selectors, services
from apps.inventory.errors import InventoryError
from apps.inventory.models import Director
from apps.jobs import selectors as jobs
from apps.web.cluster_page import director_rows, foreign_services, own_services
from apps.web.director_settings import settings_rows
from apps.web.forms.details import CutOffForm, DirectorForm
from apps.web.standing import standing_of
from apps.web.views.common import Request, found

OF_MANAGERS = ("standing", "joining")
"""Parts of the page that show who the director is."""
_PARTS = {"facts": "parts/director_facts.html"} | {
    part: f"parts/director_{part}.html" for part in OF_MANAGERS
}


@require_safe
def index(request: Request) -> HttpResponse:
    """All directors with their presence."""
    template = "parts/director_list.html" if request.GET.get("part") == "list" else "directors.html"
    rows = director_rows(request.user, selectors.directors(request.user))
    return render(request, f"web/{template}", {"directors": rows})


def show(request: Request, uuid: Any) -> HttpResponse:
    """One director; administrators also see whether it is enrolled, and may rename it."""
    director = found(selectors.director, request.user, uuid)
    status = 200
    form = DirectorForm(request.POST or None, initial={"name": director.name})
    if request.method == "POST":
        status = 422
        require(request.user, "director.manage", director)
        if form.is_valid():
            try:
                services.rename_director(actor=request.user, director=director, **form.cleaned_data)
            except InventoryError as error:
                form.add_error("name", str(error))
            else:
                messages.success(request, "Renamed.")
                return redirect("web:director", director.uuid)
    form.mark_errors()
    part = request.GET.get("part", "")
    if part in OF_MANAGERS:
        require(request.user, "director.manage", director)
    context = page_of(request, director) | {"form": form}
    template = _PARTS.get(part, "director.html")
    return render(request, f"web/{template}", context, status=status)


def page_of(request: Request, director: Director) -> dict[str, Any]:
    """What the page needs, with nothing typed yet."""
    row = director_rows(request.user, selectors.directors(request.user).filter(pk=director.pk))[0]
    return {
        "director": director,
        "row": row,
        "foreign": foreign_services(row.status),
        "counted": own_services(row.status) if can(request.user, "director.zero", director) else [],
        "settings": settings_rows(row.status, director.cluster),
        "runs": jobs.runs_of(request.user, director)[:8],
        "standing": standing_of(director),
        "form": DirectorForm(initial={"name": director.name}),
        "cut_off_form": CutOffForm(),
    }
