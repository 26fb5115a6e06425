"""Whether the directors of a cluster are fit for the table of a change."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from apps.accounts.policy import require
from apps.changes import selectors as changes
from apps.jobs import selectors
from apps.jobs.models import Errand
from apps.jobs.services import ask_director
from apps.web.errand_page import fitness_row
from apps.web.views.common import Request, found


def of_change(request: Request, number: int) -> HttpResponse:
    """What each director said when it was last asked; by POST all are asked anew."""
    change = found(changes.change, request.user, number)
    require(request.user, "director.ask", change)
    directors, digest = list(changes.directors_of(change)), changes.digest_of(change)
    if request.method == "POST":
        for director in directors:
            ask_director(
                actor=request.user,
                director=director,
                kind=Errand.Kind.DOCTOR,
                arguments={"change": change.pk, "digest": digest, "table": change.table},
            )
        return redirect("web:change-fitness", number)
    rows = [
        fitness_row(examined, digest) for examined in selectors.fitness_of(request.user, change)
    ]
    context = {
        "change": change,
        "directors": directors,
        "rows": rows,
        "waiting": any(row.errand.waits for row in rows),
    }
    context["part"] = part = request.GET.get("part") == "rows"
    template = "parts/change_fitness.html" if part else "change_fitness.html"
    return render(request, f"web/{template}", context)
