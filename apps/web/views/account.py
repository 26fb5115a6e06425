"""What people do with their own account: password, sessions."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from apps.accounts import selectors, services
from apps.accounts.errors import AccountError
from apps.web.browsers import SessionRow
from apps.web.forms.account import OwnPasswordForm
from apps.web.views.common import Request, found, whole


@require_safe
def show(request: Request) -> HttpResponse:
    """How one signs in, and where one is signed in."""
    user, key = request.user, request.session.session_key or ""
    context = {
        "factors": selectors.factors_of(user, user),
        "has_app": any(one.kind == "totp" for one in selectors.factors_of(user, user)),
        "codes_left": selectors.recovery_codes_left(user),
        "has_password": user.has_usable_password(),
        "sign_on": selectors.sign_on_of(user, user),
        "sign_on_name": settings.OIDC_NAME,
        "sessions": [SessionRow.of(one) for one in selectors.sessions_of(user, user, key)],
    }
    return render(request, "web/account.html", context)


@sensitive_post_parameters()
def password(request: Request) -> HttpResponse:
    """Another password for oneself. All other sessions of the person end."""
    if not request.user.has_usable_password():
        raise PermissionDenied(
            "You sign in without a password. If you need one, ask an administrator."
        )
    form = OwnPasswordForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = services.set_password(
                actor=request.user, user=request.user, password=form.cleaned_data["password"]
            )
        except AccountError as error:
            form.add_error("password", str(error))
        else:
            update_session_auth_hash(request, user)
            messages.success(request, "Your password is changed. Other sessions have ended.")
            return redirect("web:account")
    form.mark_errors()
    status = 422 if form.is_bound else 200
    return render(request, "web/account_password.html", {"form": form}, status=status)


@require_POST
def end_sessions(request: Request) -> HttpResponse:
    """End one of one's own sessions, or all but this one."""
    user, key = request.user, request.session.session_key or ""
    if number := whole(request.POST.get("session")):
        found(services.end_session, actor=user, number=number)
        messages.success(request, "That session has ended.")
    else:
        ended = services.end_sessions(actor=user, user=user, keep=key)
        messages.success(request, f"Other sessions ended: {ended}.")
    return redirect("web:account")
