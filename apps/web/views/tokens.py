"""Tokens of the API: one's own, and those of others for administrators."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts import selectors, services
from apps.accounts.errors import AccountError
from apps.web.forms.tokens import TokenForm
from apps.web.views.common import Request, found, whole
from apps.web.views.confirming import confirmed_to_write
from apps.web.views.factors import confirmed


@require_safe
def index(request: Request) -> HttpResponse:
    """One's own."""
    context = {"tokens": selectors.tokens_of(request.user, request.user)}
    return render(request, "web/tokens.html", context)


@never_cache  # it shows a secret, once
@confirmed_to_write  # what was typed is kept
@confirmed
def new(request: Request) -> HttpResponse:
    """Make one; it is shown in answer to that, and never again."""
    form = TokenForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            token, secret = services.create_token(actor=request.user, **form.cleaned_data)
        except AccountError as error:
            form.add_error(form.field_for(error.field), str(error))
        else:
            return render(request, "web/token_secret.html", {"token": token, "secret": secret})
    form.mark_errors()
    status = 422 if form.is_bound else 200
    return render(request, "web/token_new.html", {"form": form}, status=status)


@require_POST
def revoke(request: Request) -> HttpResponse:
    """End one of one's own."""
    number = whole(request.POST.get("token"))
    token = found(selectors.token, request.user, request.user, number)
    services.revoke_token(actor=request.user, token=token)
    messages.success(request, f"The token {token.name} opens nothing any more.")
    return redirect("web:tokens")


@require_POST
def revoke_of(request: Request, pk: int) -> HttpResponse:
    """End one of somebody else's."""
    person = found(selectors.person, request.user, pk)
    token = found(selectors.token, request.user, person, whole(request.POST.get("token")))
    services.revoke_token(actor=request.user, token=token)
    messages.success(request, f"{person.display_name}'s token {token.name} opens nothing any more.")
    return redirect("web:person", pk)
