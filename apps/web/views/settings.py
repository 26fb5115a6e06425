"""The settings of a draft: form, and check as you type."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from apps.changes import selectors, services
from apps.changes.abilities import check_setting_abilities
from apps.changes.errors import ChangeError, Invalid
from apps.changes.models import Change
from apps.web.draft_check import setting_problems
from apps.web.forms.settings_input import SettingsInput
from apps.web.problems import conflict_of, status_of
from apps.web.views.common import Request, closed, draft_of, whole


def edit(request: Request, number: int) -> HttpResponse:
    """Timeouts, sync daemons and sysctls of the draft."""
    change = draft_of(request, number)
    if back := closed(request, change):
        return back
    seen = selectors.directors_seen(change)
    old = selectors.table_of(change)
    abilities = [director.ability for director in seen]
    if request.method != "POST":
        typed = SettingsInput(None, old, seen)
        typed.warn_of(check_setting_abilities(old, abilities))
        return _page(request, change, typed)
    typed = SettingsInput(request.POST, old, seen)
    table = typed.table()
    typed.blame(setting_problems(table, old, abilities))
    extra: dict[str, Any] = {}
    status = 422
    if typed.ok:
        try:
            services.put_settings(
                actor=request.user,
                change=change,
                version=whole(request.POST.get("version")),
                timeouts=table.timeouts,
                sync=table.sync,
                sysctls=table.sysctls,
            )
        except Invalid as error:
            typed.blame(error.problems)
        except ChangeError as error:
            status = status_of(error)
            extra = conflict_of(request.user, change, error)
            typed.other += [extra["error"]] if extra["error"] else []
        else:
            messages.success(request, "The settings are in the draft.")
            return redirect("web:change", change.pk)
    return _page(request, change, typed, extra | {"submitted": True}, status)


@require_POST
def check(request: Request, number: int) -> HttpResponse:
    """The messages beside the fields, as a person types. Stores nothing."""
    change = draft_of(request, number)
    seen = selectors.directors_seen(change)
    old = selectors.table_of(change)
    typed = SettingsInput(request.POST, old, seen)
    typed.blame(setting_problems(typed.table(), old, [director.ability for director in seen]))
    typed.forget_missing()
    return render(request, "web/parts/form_check.html", {"input": typed})


def _page(
    request: Request,
    change: Change,
    typed: SettingsInput,
    extra: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    for form in typed.forms:
        if form.is_bound:
            form.mark_errors()
    context = {"change": change, "input": typed, "version": change.version}
    return render(request, "web/settings_form.html", context | (extra or {}), status=status)
