"""People: accounts, roles, passwords. For administrators."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.accounts import selectors, services
from apps.accounts.errors import AccountError
from apps.accounts.models import User
from apps.accounts.policy import require
from apps.web.forms.fields import TiedForm
from apps.web.forms.people import GrantForm, PasswordForm, PersonForm, grant_rows
from apps.web.views.access import access_of
from apps.web.views.common import Request, found, whole
from apps.web.views.confirming import confirmed_to_write
from apps.web.views.factors import confirmed


@require_safe
def index(request: Request) -> HttpResponse:
    """Everybody with an account."""
    user = request.user
    people = [(one, selectors.roles_shown(user, one)) for one in selectors.people(user)]
    context = {"people": people, "may_add": selectors.may_change_account(user)}
    return render(request, "web/people.html", context)


@confirmed_to_write
@confirmed
def new(request: Request) -> HttpResponse:
    """Make an account."""
    require(request.user, "people.manage")
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = services.create_user(actor=request.user, **form.cleaned_data)
        except AccountError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, f"{person.display_name} can sign in now.")
            return redirect("web:people")
    form.mark_errors()
    status = 422 if form.is_bound else 200
    return render(request, "web/person_new.html", {"form": form}, status=status)


@confirmed_to_write
def edit(request: Request, pk: int) -> HttpResponse:
    """Roles, password, and whether the account may sign in: one act for each button."""
    person = found(selectors.person, request.user, pk)
    posted = request.POST.get("act", "") if request.method == "POST" else ""
    forms: dict[str, TiedForm] = {
        "grant": GrantForm(request.POST if posted == "grant" else None, user=request.user),
        "password": PasswordForm(request.POST if posted == "password" else None),
    }
    error = ""
    if posted in _ACTS and (posted not in forms or forms[posted].is_valid()):
        try:
            done = _ACTS[posted](request, person, forms.get(posted))
        except AccountError as refused:
            form = forms.get(posted)
            if form is not None and refused.field in form.fields:
                form.add_error(refused.field, str(refused))
            else:
                error = str(refused)
        else:
            messages.success(request, done)
            return redirect("web:person", person.pk)
    for form in forms.values():
        form.mark_errors()
    context = {
        "person": person,
        "grants": grant_rows(request.user, person),
        "grant_form": forms["grant"],
        "password_form": forms["password"],
        "tokens": selectors.tokens_of(request.user, person),
        "may_change_account": selectors.may_change_account(request.user),
        "error": error,
    }
    if context["may_change_account"]:
        context |= access_of(request, person)
    status = 422 if request.method == "POST" else 200
    return render(request, "web/person.html", context, status=status)


def _grant(request: Request, person: User, form: Any) -> str:
    grant = services.grant_role(actor=request.user, user=person, **form.cleaned_data)
    return f"{person.display_name} is {grant} now."


def _revoke(request: Request, person: User, form: Any) -> str:
    grant = found(selectors.grant, request.user, whole(request.POST.get("grant")))
    services.revoke_role(actor=request.user, grant=grant)
    return f"{grant.user.display_name} is no longer {grant}."


def _password(request: Request, person: User, form: Any) -> str:
    if person.pk == request.user.pk:  # or whoever finds the browser open need not know the old one
        raise AccountError("Change your own on the page “Account”, which asks for the old one.")
    services.set_password(actor=request.user, user=person, **form.cleaned_data)
    return "Password set. Hand it over in person."


def _off(request: Request, person: User, form: Any) -> str:
    services.set_active(actor=request.user, user=person, active=False)
    return "Switched off."


def _on(request: Request, person: User, form: Any) -> str:
    services.set_active(actor=request.user, user=person, active=True)
    return "Switched on."


_ACTS: dict[str, Callable[[Request, User, Any], str]] = {
    "grant": _grant,
    "revoke": _revoke,
    "password": _password,
    "off": _off,
    "on": _on,
}
