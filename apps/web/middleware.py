"""Who may come as far as a view: who is signed in, and has the second factor that their role asks for."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from apps.accounts import services

SECRETS = ("password", "csrfmiddlewaretoken", "code", "credential")
"""Parts of the names of fields that are not kept for a second try."""
SEEN_EVERY = 60  # seconds between two notes that a session is in use


def without_second_factor(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a view that also people may reach who lack a second factor: to set one up."""
    view.without_second_factor = True  # type: ignore[attr-defined]
    return view


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Django's, but an open page stays as it is and nothing that was typed is lost.

    And whose role asks for a second factor reaches nothing without one but the pages to set it up. (What
    they may do is for the policy to say, which asks the same.)
    """

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        """Refuse, or let through."""
        refused = super().process_view(request, view_func, view_args, view_kwargs)
        if refused is not None or not request.user.is_authenticated:
            return refused
        open_to_all = not getattr(view_func, "login_required", True)
        if open_to_all or getattr(view_func, "without_second_factor", False):
            return None
        return self._second_factor_first(request) if request.user.lacks_second_factor else None

    def _second_factor_first(self, request: HttpRequest) -> HttpResponseBase:
        if request.headers.get("HX-Request"):
            return HttpResponse(status=403)
        if request.method == "POST":
            return kept(request, "web/second_factor_first.html", 403)
        return redirect("web:second-factor-needed")

    def handle_no_permission(  # type: ignore[override]  # Django calls it for any response
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        """To the door; 401 to a part of a page, and to a form with what it sent."""
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401)  # parts.js says so
        if request.method == "POST":
            return kept(request, "web/signed_out.html", 401)
        return super().handle_no_permission(request, view_func)


@sensitive_post_parameters()
def kept(request: HttpRequest, template: str, status: int) -> HttpResponse:
    """A page that says why what was sent is not done, and keeps it for a second try, but for secrets."""
    sent = [
        (name, value)
        for name, values in request.POST.lists()
        if not any(secret in name for secret in SECRETS)
        for value in values
    ]
    context = {"kept": sent, "path": request.get_full_path()}
    return render(request, template, context, status=status)


class SessionSeenMiddleware:
    """Notes for the list of sessions that this one is in use, and from where: once in a while."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request."""
        key = request.session.session_key
        if key and request.user.is_authenticated and cache.add(f"seen:{key}", 1, SEEN_EVERY):
            services.note_session(actor=request.user, request=request)
        return self.get_response(request)
