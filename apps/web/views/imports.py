"""Importing a table into a draft: look at what was understood first, then open the draft."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render

from apps.accounts.policy import require
from apps.changes import selectors as changes
from apps.changes.errors import ChangeError
from apps.changes.merging import merged, undefaulted
from apps.changes.services import open_imported
from apps.inventory import selectors as inventory
from apps.inventory.models import Cluster
from apps.inventory.selectors import head_table
from apps.web.forms.imports import ImportForm
from apps.web.forms.included import check_used
from apps.web.given_files import GivenFiles
from apps.web.problems import blame
from apps.web.views.common import Request, found
from lvs.diff import diff_tables
from lvs.diff_settings import diff_settings
from lvs.formats import FormatError, read
from lvs.formats.surroundings import Remedies, Surroundings
from lvs.model import Table

SHOWN = 100
"""Differences that a preview lists."""
_REMEDIES = Remedies(
    config_id="give yours as “Configuration id”",
    names="run `python -m lvs convert --resolve --to yaml FILE` on a director and import what it prints",
)


class Imported(NamedTuple):
    """A table that was understood, and what is to be said of it."""

    table: Table
    source: str
    warnings: Sequence[object] = ()
    notes: Sequence[object] = ()
    """What the text holds and a table can't."""


def show(request: Request, name: str) -> HttpResponse:
    """The form; after a first look the same form with what was understood."""
    cluster = found(inventory.cluster, request.user, name)
    require(request.user, "change.edit", cluster)
    form = _form(request, cluster)
    context: dict[str, Any] = {"cluster": cluster, "form": form}
    if request.method == "POST" and form.is_valid():
        imported = _imported(form)
        if imported is not None and request.POST.get("act") == "open":
            opened = _open(request, form, cluster, imported)
            if opened is not None:
                return opened
        if imported is not None:
            context |= _preview(cluster, form, imported)
    form.mark_errors()
    understood = "preview" in context and not form.errors
    status = 422 if request.method == "POST" and not understood else 200
    return render(request, "web/import.html", context, status=status)


def _form(request: Request, cluster: Cluster) -> ImportForm:
    directors = cluster.directors.order_by("name")
    if request.method == "POST":
        return ImportForm(request.POST, request.FILES, directors=directors)
    initial = {"source": "director", "director": request.GET.get("director")}
    return ImportForm(initial=initial if initial["director"] else None, directors=directors)


def _imported(form: ImportForm) -> Imported | None:
    """The table that the form names; None, with the error in the form, where there is none."""
    data = form.cleaned_data
    if data["source"] == "director":
        observed = changes.observed_of(data["director"])
        if observed is None:
            message = "It has not reported what it holds yet: start its agent first."
            form.add_error("director", message)
            return None
        table = undefaulted(observed.table, settings=data["settings"])
        return Imported(table, f"director {data['director'].name}")
    name, given = data["file_name"] or "text", GivenFiles(data["texts"])
    try:
        around = Surroundings(load=given.load, config_id=data["config_id"], remedies=_REMEDIES)
        reading = read(data["content"], data["format"], around)
        check_used(form.kept_files, given.unused)
    except FormatError as error:
        form.add_error("included" if error.file else "content", _said(error, data))
        return None
    except ValidationError as error:
        form.add_error("included", error)
        return None
    unused = [f"{name} was given, and no line includes it" for name in given.unused]
    source = f"file {name}" if data["file_name"] else "pasted text"
    return Imported(reading.table, source, (*reading.warnings, *unused), reading.notes)


def _said(error: FormatError, data: dict[str, Any]) -> str:
    """The error, with the line that it is about."""
    text = data["texts"][error.file] if error.file else data["content"]
    lines, message = text.split("\n"), error.message.rstrip(".")
    if error.line is None or error.line > len(lines):
        return f"{message[:1].upper()}{message[1:]}."
    where = f"{error.file}, line" if error.file else "Line"
    return f"{where} {error.line}, “{lines[error.line - 1].strip()[:80]}”: {message}."


def _preview(cluster: Cluster, form: ImportForm, imported: Imported) -> dict[str, Any]:
    head = head_table(cluster)
    replace = form.cleaned_data["how"] == "replace"
    table = imported.table if replace else merged(head, imported.table)
    services = [diff for diff in diff_tables(head, table) if diff.kind != "same"]
    settings = [diff for diff in diff_settings(head, table) if diff.kind != "same"]
    return {
        "preview": imported,
        "server_count": sum(len(service.real_servers) for service in imported.table.services),
        "diff": services[:SHOWN],
        "more": max(0, len(services) - SHOWN),
        "settings": settings,
    }


def _open(
    request: Request, form: ImportForm, cluster: Cluster, imported: Imported
) -> HttpResponse | None:
    """The draft's page; None, with the error in the form, when it could not be opened."""
    if not form.cleaned_data["title"]:
        form.add_error("title", "Give the change a title.")
        return None
    try:
        change = open_imported(
            actor=request.user,
            cluster=cluster,
            title=form.cleaned_data["title"],
            table=imported.table,
            source=imported.source,
            replace=form.cleaned_data["how"] == "replace",
            reason=form.cleaned_data["reason"],
        )
    except ChangeError as error:
        if rest := blame(form, error):
            form.add_error(None, rest)
        return None
    return redirect("web:change", change.pk)
