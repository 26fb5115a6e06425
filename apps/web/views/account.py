"""What people do with their own account."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render

from apps.accounts import services
from apps.accounts.errors import AccountError
from apps.web.forms.account import OwnPasswordForm
from apps.web.views.common import Request


def password(request: Request) -> HttpResponse:
    """Another password for oneself. All other sessions of the person end."""
    form = OwnPasswordForm(request.user, request.POST or None)
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
            return redirect("web:home")
    form.mark_errors()
    status = 422 if form.is_bound else 200
    return render(request, "web/account_password.html", {"form": form}, status=status)
