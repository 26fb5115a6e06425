"""Second factors of one's own: adding, removing, recovery codes, and showing once more who one is."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from apps.accounts import confirmation, second_factor, selectors, services
from apps.accounts.errors import AccountError
from apps.web.forms.account import AppForm, KeyForm
from apps.web.forms.sign_in import CodeForm, ConfirmForm
from apps.web.middleware import without_second_factor
from apps.web.qr import qr_code
from apps.web.views.common import Request, found
from apps.web.views.sign_in import next_of, sign_on_link

P = ParamSpec("P")
View = Callable[Concatenate[Request, P], HttpResponse]
SECRET = "second-factor-secret"  # noqa: S105  (where the session keeps it until the app is added)


def confirmed(view: View[P]) -> View[P]:
    """A view for people who have shown lately who they are; others are asked first."""

    @wraps(view)
    def asked(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if confirmation.confirmed(request, request.user):
            return view(request, *args, **kwargs)
        back = request.get_full_path() if request.method in ("GET", "HEAD") else ""
        back = back or request.headers.get("Referer", "")
        return redirect(f"{reverse('web:confirm')}?{urlencode({'next': back})}")

    return asked


@without_second_factor
@require_safe
def needed(request: Request) -> HttpResponse:
    """What people find who lack the second factor that a role of theirs asks for."""
    if not request.user.lacks_second_factor:
        return redirect("web:account")
    return render(request, "web/second_factor_needed.html")


@without_second_factor
@never_cache
@sensitive_post_parameters("password", "code")
def confirm(request: Request) -> HttpResponse:
    """Show once more who one is: by password, code, key, or at the provider."""
    user, posted = request.user, request.method == "POST"
    by_code = posted and "password" not in request.POST
    password = ConfirmForm(request, request.POST if posted and not by_code else None)
    code = CodeForm(request.POST if by_code else None)
    if password.is_bound and password.is_valid():
        confirmation.by_password(request, user)
        return redirect(next_of(request))
    if code.is_bound and code.is_valid():
        try:
            confirmation.by_second_factor(request, user, **code.cleaned_data)
        except AccountError as error:
            code.add_error("code", str(error))
        else:
            return redirect(next_of(request))
    password.mark_errors()
    code.mark_errors()
    next_url = next_of(request)
    linked = selectors.sign_on_of(user, user) is not None
    context = {
        "next": next_url,
        "password_form": password if user.has_usable_password() else None,
        "code_form": code if selectors.factors_of(user, user) else None,
        "key_options": second_factor.ask_key(user),
        "sign_on": sign_on_link(next_url, again="") if linked else "",
        "sign_on_name": settings.OIDC_NAME,
    }
    return render(request, "web/confirm.html", context, status=422 if posted else 200)


@without_second_factor
@never_cache
@confirmed
def add_app(request: Request) -> HttpResponse:
    """Add an authenticator app: scan, and type what it shows."""
    secret = request.session.get(SECRET) or generate_totp_secret()
    request.session[SECRET] = secret
    form = AppForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = services.add_authenticator_app(
                actor=request.user, secret=secret, code=form.cleaned_data["code"]
            )
        except AccountError as error:
            form.add_error("code", str(error))
        else:
            del request.session[SECRET]
            return _added(request, codes, "The authenticator app is added.")
    form.mark_errors()
    url = get_adapter().build_totp_url(request.user, secret)
    context = {"form": form, "secret": secret, "picture": qr_code(url)}
    status = 422 if form.is_bound else 200
    return render(request, "web/factor_app.html", context, status=status)


@without_second_factor
@never_cache
@confirmed
def add_key(request: Request) -> HttpResponse:
    """Add a security key, which the browser asks for."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = services.add_security_key(
                actor=request.user,
                name=form.cleaned_data["name"],
                credential=second_factor.new_key(form.cleaned_data["credential"]),
            )
        except AccountError as error:
            form.add_error("name", str(error))
        else:
            return _added(request, codes, "The security key is added.")
    form.mark_errors()
    context = {"form": form, "key_options": second_factor.ask_new_key(request.user)}
    status = 422 if form.is_bound else 200
    return render(request, "web/factor_key.html", context, status=status)


@require_POST
@confirmed
def remove(request: Request, number: int) -> HttpResponse:
    """Remove one of one's factors."""
    try:
        found(services.remove_factor, actor=request.user, number=number)
    except AccountError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Removed.")
    return redirect("web:account")


@require_POST
@never_cache
@confirmed
def make_codes(request: Request) -> HttpResponse:
    """New recovery codes, shown this once."""
    try:
        codes = services.make_recovery_codes(actor=request.user)
    except AccountError as error:
        messages.error(request, str(error))
        return redirect("web:account")
    return _codes(request, codes)


def _added(request: Request, codes: list[str], done: str) -> HttpResponse:
    messages.success(request, done)
    return _codes(request, codes) if codes else redirect("web:account")


def _codes(request: Request, codes: list[str]) -> HttpResponse:
    pairs = [f"{code[:5]} {code[5:]}" for code in codes]
    return render(request, "web/recovery_codes.html", {"codes": pairs})
