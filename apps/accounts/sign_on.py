"""Single sign-on with an OpenID Connect provider: out to it, and back with who it says came."""

import logging
import secrets
import time
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url

from apps.accounts import methods, services
from apps.accounts.claims import Arrival
from apps.accounts.errors import AccountError, ProviderTrouble, SignOnRefused
from apps.accounts.models import User
from apps.accounts.provider import SKEW, TROUBLE, Client, provider_of, who_came
from apps.accounts.signals import note_refusal

logger = logging.getLogger(__name__)


def begin(request: HttpRequest, *, next_url: str, again: bool) -> HttpResponse:
    """The way to the provider. again: who is signed in shall show once more who they are, so it must ask
    them, also when it knows them (OpenID Connect Core 3.1.2.1: prompt, max_age).

    Raises ProviderTrouble.
    """
    kept: dict[str, Any] = {"nonce": secrets.token_urlsafe(24)}
    asked = {"nonce": kept["nonce"]}
    if again:
        kept["asked_at"] = time.time()
        asked |= {"prompt": "login", "max_age": "0"}
    try:
        response: HttpResponse = provider_of(request).redirect(
            request, process="login", next_url=next_url, auth_params=asked, **kept
        )
    except TROUBLE as error:
        raise ProviderTrouble(f"{type(error).__name__}: {error}") from error
    return response


def finish(request: HttpRequest) -> HttpResponse:
    """Sign in who comes back from the provider, or note that who is signed in has shown again who they are;
    and the way on from there.

    Raises ProviderTrouble, and AccountError with why the person may not come in.
    """
    provider = provider_of(request)
    state = statekit.unstash_state(
        request, provider_id=provider.sub_id, state_id=request.GET.get("state", "")
    )
    if state is None:
        raise AccountError("That sign-in began in another browser, or too long ago: begin anew.")
    if "error" in request.GET:
        if request.GET["error"] == "access_denied":
            raise AccountError(f"{settings.OIDC_NAME} did not let you in, or you turned back.")
        raise ProviderTrouble(f"it answered {request.GET['error'][:100]}")
    try:
        came, shown_at = who_came(Client(request, provider.sub_id), provider.app, state)
    except TROUBLE as error:
        raise ProviderTrouble(f"{type(error).__name__}: {error}") from error
    next_url = resolve_url(state.get("next") or settings.LOGIN_REDIRECT_URL)
    if "asked_at" in state:
        _same_person(request, came)
        _confirmed(request, provider, state["asked_at"], shown_at)
        return redirect(next_url)
    if request.user.is_authenticated:
        _same_person(request, came)
        return redirect(next_url)  # in another tab: nothing was asked anew, so nothing was shown
    user = _account_of(came)
    record_authentication(request, user, "socialaccount", provider=provider.sub_id)
    response: HttpResponse = perform_login(request, user, redirect_url=next_url)
    return response


def _confirmed(
    request: HttpRequest, provider: Any, asked_at: float, shown_at: float | None
) -> None:
    """Note that who is signed in has shown again who they are. Raises ProviderTrouble when the provider did
    not ask them since: all times in Unix seconds."""
    if shown_at is None or shown_at < asked_at - SKEW:
        raise ProviderTrouble("it did not ask anew who it is: its ID token has no fresh auth_time")
    user = request.user
    assert isinstance(user, User)
    services.note_confirmation(actor=user, way=methods.SIGN_ON)
    record_authentication(
        request, user, "socialaccount", provider=provider.sub_id, reauthenticated=True
    )


def _same_person(request: HttpRequest, came: Arrival) -> None:
    """Raises AccountError when who came is not who is signed in."""
    links = SocialAccount.objects.filter(provider=settings.OIDC_ISSUER, uid=came.subject)
    if not links.filter(user=request.user.pk).exists():
        raise AccountError(
            f"You are signed in here as {request.user.get_username()}, and "
            f"{settings.OIDC_NAME} says that you are somebody else. Sign out first."
        )


def _account_of(came: Arrival) -> User:
    """The account of who came, who may come in. Raises SignOnRefused."""
    try:
        user = services.sign_on(**came._asdict())
    except AccountError as error:
        logger.warning("single sign-on: %s (%s): %s", came.username, came.subject, error)
        raise SignOnRefused(str(error), came.subject) from None
    if user.is_active and user.held_roles:
        return user
    note_refusal(user, methods.SIGN_ON)
    if not user.is_active:
        raise SignOnRefused("This account is switched off. Ask an administrator.", came.subject)
    raise SignOnRefused("None of your groups gives you a role here any more.", came.subject)
