"""The revisions that a cluster has had, and going back to one."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.accounts.policy import can, require
from apps.changes import services
from apps.changes.errors import ChangeError
from apps.inventory import selectors as inventory
from apps.web.forms.policy import RollbackForm
from apps.web.problems import blame, status_of
from apps.web.views.common import Request, found, page_of
from lvs.diff import diff_tables
from lvs.diff_settings import diff_settings
from lvs.documents import table_from_document

SHOWN = 50


@require_safe
def index(request: Request, name: str) -> HttpResponse:
    """All revisions, newest first."""
    cluster = found(inventory.cluster, request.user, name)
    revisions = inventory.revisions(request.user, cluster)
    revisions = revisions.select_related("change__author").defer("table", "change__table")
    context = {"cluster": cluster, "page": page_of(request, revisions)}
    return render(request, "web/revisions.html", context)


def show(request: Request, name: str, number: int) -> HttpResponse:
    """What the head would be changed to by going back to this revision; by POST a draft that does so."""
    cluster = found(inventory.cluster, request.user, name)
    revision = found(inventory.revisions(request.user, cluster).get, number=number)
    form = RollbackForm(
        request.POST or None, initial={"title": f"Go back to revision {revision.number}"}
    )
    status, error = 200, ""
    if request.method == "POST":
        require(request.user, "change.edit", cluster)
        status = 422
        if form.is_valid():
            try:
                change = services.open_rollback(
                    actor=request.user, revision=revision, **form.cleaned_data
                )
            except ChangeError as refused:
                status, error = status_of(refused), blame(form, refused)
            else:
                return redirect("web:change", change.pk)
    form.mark_errors()
    head, then = inventory.head_table(cluster), table_from_document(revision.table)
    diff = [part for part in diff_tables(head, then) if part.kind != "same"]
    context = {
        "cluster": cluster,
        "revision": revision,
        "diff": diff[:SHOWN],
        "more": max(0, len(diff) - SHOWN),
        "settings": [part for part in diff_settings(head, then) if part.kind != "same"],
        "form": form,
        "error": error,
        "may_go_back": can(request.user, "change.edit", cluster),
    }
    return render(request, "web/revision.html", context, status=status)
