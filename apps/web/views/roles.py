"""What roles may do and who holds them by single sign-on, for administrators."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from apps.accounts import selectors, services
from apps.accounts.errors import AccountError
from apps.accounts.policy import MAY, act_in_words, require
from apps.web.forms.people import MappingForm
from apps.web.views.common import Request, found, whole
from apps.web.views.confirming import confirmed_to_write
from apps.web.views.factors import confirmed
from apps.web.words import LOOK, ROLES


@confirmed_to_write
def show(request: Request) -> HttpResponse:
    """Each role in words, and whether it asks for a second factor."""
    require(request.user, "people.manage")
    if request.method == "POST":
        return _ask(request)
    asking = selectors.asking_roles(request.user)
    roles = [
        {
            "name": role,
            "about": about,
            "may": [LOOK, *sorted(act_in_words(act) for act in MAY[role] if act != "view")],
            "asks": role in asking,
        }
        for role, about in ROLES.items()
    ]
    return render(request, "web/roles.html", {"roles": roles})


def _ask(request: Request) -> HttpResponse:
    role, asked = request.POST.get("role", ""), request.POST.get("asked") == "yes"
    try:
        services.ask_second_factor(actor=request.user, role=role, asked=asked)
    except AccountError as error:
        messages.error(request, str(error))
    else:
        done = "now asks" if asked else "no longer asks"
        messages.success(request, f"The role {role} {done} for a second factor.")
    return redirect("web:roles")


@confirmed
def mappings(request: Request) -> HttpResponse:
    """Which groups of single sign-on give which roles."""
    require(request.user, "people.manage")
    act = request.POST.get("act", "")
    form = MappingForm(request.POST if act == "add" else None, user=request.user)
    if act == "remove":
        rows = selectors.mappings(request.user)
        mapping = found(rows.get, pk=whole(request.POST.get("mapping")))
        services.remove_mapping(actor=request.user, mapping=mapping)
        messages.success(request, "Removed. It counts at each person's next sign-in.")
        return redirect("web:mappings")
    if act == "add" and form.is_valid():
        try:
            mapping = services.add_mapping(actor=request.user, **form.cleaned_data)
        except AccountError as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, f"The {mapping} at each person's next sign-in.")
            return redirect("web:mappings")
    form.mark_errors()
    context = {
        "form": form,
        "mappings": selectors.mappings(request.user),
        "issuer": settings.OIDC_ISSUER,
        "sign_on_name": settings.OIDC_NAME,
        "claim": settings.OIDC_GROUPS_CLAIM,
        "callback": request.build_absolute_uri(reverse("web:sign-on-callback")),
        "trusts": settings.OIDC_TRUSTS_SECOND_FACTOR,
    }
    status = 422 if form.is_bound else 200
    return render(request, "web/mappings.html", context, status=status)
