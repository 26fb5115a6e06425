"""People: accounts, roles, passwords. For administrators."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.accounts import selectors, services
from apps.accounts.errors import AccountError
from apps.accounts.policy import require
from apps.web.forms.details import PasswordForm, PersonForm, RoleForm
from apps.web.views.common import Request, found


@require_safe
def index(request: Request) -> HttpResponse:
    """Everybody with an account."""
    people = [(person, selectors.role_of(person)) for person in selectors.people(request.user)]
    return render(request, "web/people.html", {"people": people})


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


def edit(request: Request, pk: int) -> HttpResponse:
    """Role, password, and whether the account may sign in: one act for each button."""
    person = found(selectors.person, request.user, pk)
    act = request.POST.get("act", "")
    role = RoleForm(
        request.POST if act == "role" else None, initial={"role": selectors.role_of(person)}
    )
    password = PasswordForm(request.POST if act == "password" else None)
    acts: dict[str, tuple[Any, Callable[[], object], str]] = {
        "role": (
            role,
            lambda: services.set_role(actor=request.user, user=person, **role.cleaned_data),
            "Role changed.",
        ),
        "password": (
            password,
            lambda: services.set_password(actor=request.user, user=person, **password.cleaned_data),
            "Password set. Hand it over in person.",
        ),
        "off": (None, lambda: _switch(request, person, False), "Switched off."),
        "on": (None, lambda: _switch(request, person, True), "Switched on."),
    }
    error = ""
    if request.method == "POST" and act in acts:
        form, work, done = acts[act]
        if form is None or form.is_valid():
            try:
                work()
            except AccountError as refused:
                if form is not None:
                    form.add_error(act, str(refused))
                else:
                    error = str(refused)
            else:
                messages.success(request, done)
                return redirect("web:person", person.pk)
    for form in (role, password):
        if form.is_bound:
            form.mark_errors()
    context = {"person": person, "role_form": role, "password_form": password, "error": error}
    status = 422 if request.method == "POST" else 200
    return render(request, "web/person.html", context, status=status)


def _switch(request: Request, person: Any, active: bool) -> object:
    return services.set_active(actor=request.user, user=person, active=active)
