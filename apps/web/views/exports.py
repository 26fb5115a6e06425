"""A cluster's table in the formats of other tools, with what each can't carry."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.inventory import selectors as inventory
from apps.inventory.selectors import head_table
from apps.web.views.common import Request, found
from lvs.formats import SOURCES, Source, write

FILES: dict[Source, tuple[str, str]] = {
    "yaml": ("YAML", "{}.yaml"),
    "json": ("JSON", "{}.json"),
    "ipvsadm": ("ipvsadm", "{}.ipvsadm"),
    "keepalived": ("keepalived.conf", "{}.keepalived.conf"),
    "ldirectord": ("ldirectord.cf", "{}.ldirectord.cf"),
}
"""What people call each format, and a file in it."""
SHOWN = 100_000
"""Characters that the page shows; the file has all."""


@require_safe
def show(request: Request, name: str) -> HttpResponse:
    """The head's table as text; with ?download the file itself."""
    cluster = found(inventory.cluster, request.user, name)
    chosen = next(
        (source for source in SOURCES if source == request.GET.get("format", "yaml")), None
    )
    if chosen is None:
        raise Http404("There is no such format.")
    text, notes = write(head_table(cluster), chosen)
    file_name = FILES[chosen][1].format(cluster.name)
    if "download" in request.GET:
        response = HttpResponse(text, content_type="text/plain; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{file_name}"'
        return response
    context = {
        "cluster": cluster,
        "chosen": chosen,
        "formats": [(source, title) for source, (title, _) in FILES.items()],
        "file_name": file_name,
        "text": text[:SHOWN],
        "cut": len(text) > SHOWN,
        "notes": [note.message for note in notes],
    }
    return render(request, "web/export.html", context)
