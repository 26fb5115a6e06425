"""The door: name and password, then the second factor; and out again."""

from typing import Any, cast
from urllib.parse import urlencode

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from apps.accounts import second_factor as factors
from apps.accounts.errors import AccountError
from apps.accounts.lockout import is_of_codes
from apps.accounts.stages import SecondFactorStage
from apps.web.forms.sign_in import CodeForm, SignInForm


@login_not_required
@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password, or the way to single sign-on."""
    next_url = next_of(request)
    if request.user.is_authenticated:
        return redirect(next_url)
    form = SignInForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        login = Login(user=form.get_user(), redirect_url=next_url)
        name = {"username": form.cleaned_data["username"]}
        return cast(HttpResponse, perform_password_login(request, name, login))
    form.mark_errors()
    asked = "local" in request.GET or request.method == "POST"
    context = {
        "form": form,
        "next": next_url,
        "sign_on": sign_on_link(next_url),
        "sign_on_name": settings.OIDC_NAME,
        "with_password": settings.LOCAL_SIGN_IN or asked,
        "local_for_all": settings.LOCAL_SIGN_IN,
    }
    return render(request, "web/sign_in.html", context)


@login_stage_required(stage=SecondFactorStage.key, redirect_urlname="account_login")
@sensitive_post_parameters("code")
def second_factor(request: HttpRequest) -> HttpResponse:
    """The code of an app, a recovery code, or a security key, from who has shown the password."""
    stage = request._login_stage  # type: ignore[attr-defined]
    if not stage.holds():
        messages.error(request, "Your account was changed meanwhile: sign in anew.")
        return cast(HttpResponse, stage.abort())
    user = stage.login.user
    form = CodeForm(request.POST if request.method == "POST" else None, autofocus=True)
    if request.method == "POST" and form.is_valid():
        try:
            factors.accept(request, user, **form.cleaned_data)
        except AccountError as error:
            form.add_error("code", str(error))
        else:
            return cast(HttpResponse, stage.exit())
    form.mark_errors()
    context = {"form": form, "person": user, "key_options": factors.ask_key(user)}
    return render(request, "web/second_factor.html", context)


@login_not_required
@require_POST
def turn_back(request: HttpRequest) -> HttpResponse:
    """Away from the second factor, to sign in as somebody else."""
    clear_login(request)
    return redirect("web:sign-in")


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Out again, by POST only; also for who is out already."""
    logout(request)
    return redirect("web:sign-in")


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """AXES_LOCKOUT_CALLABLE: after too many wrong passwords or codes."""
    context = {
        "of_codes": is_of_codes(credentials),
        "username": (credentials or {}).get("username") or "",
        "minutes": round(settings.AXES_COOLOFF_TIME * 60),
    }
    return render(request, "web/locked_out.html", context, status=429)


def next_of(request: HttpRequest) -> str:
    """Where the person wanted to go: an address of ours, the home page where it names none."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    # `redirect` would take a word without a slash for the name of a page.
    whole = asked.startswith("/") or "://" in asked
    return asked if ours and whole else resolve_url(settings.LOGIN_REDIRECT_URL)


def sign_on_link(next_url: str, **more: str) -> str:
    """The address that begins single sign-on; "" where there is none."""
    if not settings.OIDC_ISSUER:
        return ""
    return f"{resolve_url('web:sign-on')}?{urlencode({'next': next_url} | more)}"
