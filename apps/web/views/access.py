"""How somebody else signs in, for administrators: second factor, sessions, single sign-on."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from apps.accounts import selectors, services
from apps.accounts.errors import AccountError
from apps.accounts.models import User
from apps.accounts.policy import require
from apps.web.browsers import SessionRow
from apps.web.forms.account import LinkForm, ResetForm
from apps.web.forms.fields import TiedForm
from apps.web.views.common import Request, found
from apps.web.views.factors import confirmed


@confirmed
def reset_factor(request: Request, pk: int) -> HttpResponse:
    """Remove all second factors of somebody who lost theirs."""
    require(request.user, "people.manage")
    person = found(selectors.person, request.user, pk)
    form = ResetForm(request.POST or None)
    done = _done(
        request,
        form,
        lambda: services.reset_second_factor(actor=request.user, user=person, **form.cleaned_data),
        f"{person.display_name} has no second factor now, and was signed out; their API tokens are revoked.",
    )
    if done:
        return redirect("web:person", pk)
    factors = selectors.factors_of(request.user, person)
    context = {"form": form, "person": person, "factors": factors}
    status = 422 if form.is_bound else 200
    return render(request, "web/person_factor.html", context, status=status)


@confirmed
def link(request: Request, pk: int) -> HttpResponse:
    """Link somebody's account to single sign-on, or unlink it."""
    require(request.user, "people.manage")
    person = found(selectors.person, request.user, pk)
    form = LinkForm(request.POST if "subject" in request.POST else None)
    if request.method == "POST" and not form.is_bound:
        try:
            services.unlink_account(actor=request.user, user=person)
        except AccountError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "Unlinked. Their sessions have ended.")
        return redirect("web:person", pk)
    done = _done(
        request,
        form,
        lambda: services.link_account(actor=request.user, user=person, **form.cleaned_data),
        f"{person.display_name} can come in by {settings.OIDC_NAME} now.",
    )
    if done:
        return redirect("web:person", pk)
    linked = selectors.sign_on_of(request.user, person)
    context = {"form": form, "person": person, "linked": linked, "issuer": settings.OIDC_ISSUER}
    context["sign_on_name"] = settings.OIDC_NAME
    status = 422 if form.is_bound else 200
    return render(request, "web/person_link.html", context, status=status)


@require_POST
def end_sessions(request: Request, pk: int) -> HttpResponse:
    """End all sessions of somebody."""
    require(request.user, "people.manage")
    person = found(selectors.person, request.user, pk)
    keep = request.session.session_key or "" if person.pk == request.user.pk else ""
    ended = services.end_sessions(actor=request.user, user=person, keep=keep)
    messages.success(request, f"Sessions of {person.display_name} ended: {ended}.")
    return redirect("web:person", pk)


def access_of(request: Request, person: User) -> dict[str, object]:
    """What the page of a person shows of how they sign in."""
    return {
        "factors": selectors.factors_of(request.user, person),
        "sessions": [SessionRow.of(one) for one in selectors.sessions_of(request.user, person)],
        "linked": selectors.sign_on_of(request.user, person),
        "sign_on_name": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
    }


def _done(request: Request, form: TiedForm, work: Callable[[], object], done: str) -> bool:
    """Whether the work is done; if not there is nothing to do yet, or the form says what is wrong."""
    if request.method == "POST" and form.is_valid():
        try:
            work()
        except AccountError as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, done)
            return True
    form.mark_errors()
    return False
