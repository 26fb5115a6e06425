"""Single sign-on: to the provider, and back."""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts import sign_on
from apps.accounts.errors import AccountError, ProviderTrouble
from apps.web.views.sign_in import next_of

logger = logging.getLogger(__name__)


@login_not_required
@never_cache
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """To the provider: to sign in, or for who is signed in to show once more who they are."""
    next_url, again = next_of(request), "again" in request.GET
    if request.user.is_authenticated and not again:
        return redirect(next_url)
    return _told(request, lambda: sign_on.begin(request, next_url=next_url, again=again))


@login_not_required
@never_cache
@require_safe
def finish(request: HttpRequest) -> HttpResponse:
    """Back from the provider."""
    return _told(request, lambda: sign_on.finish(request))


def _told(request: HttpRequest, work: Callable[[], HttpResponse]) -> HttpResponse:
    """What came of it, or a page that says why nothing did. Raises Http404 where there is no provider."""
    if not settings.OIDC_ISSUER:
        raise Http404("There is no single sign-on here.")
    context: dict[str, Any] = {
        "sign_on_name": settings.OIDC_NAME,
        "local_for_all": settings.LOCAL_SIGN_IN,
    }
    try:
        return work()
    except AccountError as error:
        context |= {"why": str(error), "subject": getattr(error, "subject", "")}
        return render(request, "web/sign_on_refused.html", context, status=403)
    except ProviderTrouble as error:
        logger.error("single sign-on: %s: %s", settings.OIDC_ISSUER, error)
        return render(request, "web/sign_on_away.html", context, status=503)
