"""What people meet whose session has ended while a page of theirs stood open."""

from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters

SECRETS = ("password", "csrfmiddlewaretoken")
"""Parts of the names of fields that are not kept for a second try."""


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Django's, but an open page stays as it is and nothing that was typed is lost."""

    def handle_no_permission(  # type: ignore[override]  # Django calls it for any response
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        """To the door; 401 to a part of a page, and to a form with what it sent."""
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401)  # parts.js says so
        if request.method == "POST":
            return _kept(request)
        return super().handle_no_permission(request, view_func)


@sensitive_post_parameters()
def _kept(request: HttpRequest) -> HttpResponse:
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        if not any(secret in name for secret in SECRETS)
        for value in values
    ]
    context = {"kept": kept, "path": request.get_full_path()}
    return render(request, "web/signed_out.html", context, status=401)
