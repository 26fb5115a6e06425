"""The first page: what waits for me, what is going on, who is away."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.changes import selectors as changes
from apps.inventory import selectors as inventory
from apps.web.cluster_page import director_rows, overview
from apps.web.views.common import Request


@require_safe
def home(request: Request) -> HttpResponse:
    """With ?part=all only what a live page asks for again."""
    user = request.user
    directors = director_rows(user, inventory.directors(user))
    own = changes.changes(user).select_related("cluster", "author", "revision")
    context = {
        "waiting": list(changes.waiting_for(user).select_related("cluster", "author")[:10]),
        "unsettled": list(changes.unsettled(user)[:10]),
        "going": list(own.filter(state__in=("approved", "applying"))[:10]),
        "drafts": list(own.filter(author=user, state__in=("draft", "rejected", "stale"))[:10]),
        "recent": list(own.filter(state__in=("applied", "failed", "partial"))[:6]),
        "clusters": overview(user),
        "directors": directors,
        "drifts": [row.drift for row in directors if row.drift],
    }
    template = "parts/home.html" if request.GET.get("part") == "all" else "home.html"
    return render(request, f"web/{template}", context)


@require_safe
def waiting(request: Request) -> HttpResponse:
    """The number beside “Changes” at the top."""
    return render(request, "web/parts/waiting.html")
