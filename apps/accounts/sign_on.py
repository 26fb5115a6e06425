"""Single sign-on with an OpenID Connect provider: out to it, and back with who it says came.

A way there is for one of two things: to sign in, or, for who is signed in, to show once more who they are.
The second never touches the session, and counts only if the provider really asked.
"""

import logging
import secrets
import time
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.stagekit import clear_login
from allauth.account.utils import perform_login
from allauth.socialaccount.internal import statekit
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from apps.accounts import confirmation, methods, selectors, services
from apps.accounts.errors import AccountError, ProviderTrouble, SignOnRefused
from apps.accounts.models import User
from apps.accounts.openid import SKEW, TROUBLE, Came, provider_of, who_came
from apps.accounts.signals import note_refusal

logger = logging.getLogger(__name__)

ASKS = {"prompt": "login", "max_age": "0"}
"""OpenID Connect Core 3.1.2.1: ask who it is, also somebody you know, and say when you asked."""


def begin(request: HttpRequest, *, next_url: str, again: bool) -> HttpResponse:
    """The way to the provider. again: it shall ask who is signed in here to show once more who they are.

    Raises ProviderTrouble.
    """
    nonce = secrets.token_urlsafe(24)
    kept: dict[str, Any] = {"nonce": nonce}
    if again and request.user.is_authenticated:
        kept["again"] = {"user": request.user.pk, "at": time.time()}
    asked = {"nonce": nonce} | (ASKS if again else {})
    try:
        response: HttpResponse = provider_of(request).redirect(
            request, process="login", next_url=next_url, auth_params=asked, **kept
        )
    except TROUBLE as error:
        raise ProviderTrouble(f"{type(error).__name__}: {error}") from error
    return response


def finish(request: HttpRequest) -> HttpResponse:
    """Sign in who comes back from the provider, or take it that they have shown who they are; the way on.

    Raises ProviderTrouble, and AccountError with why the person may not come in.
    """
    provider_id = provider_of(request).sub_id
    state = statekit.unstash_state(
        request, provider_id=provider_id, state_id=request.GET.get("state", "")
    )
    if state is None:
        raise AccountError("That sign-in began in another browser, or too long ago: begin anew.")
    if "error" in request.GET:
        if request.GET["error"] == "access_denied":
            raise AccountError(f"{settings.OIDC_NAME} did not let you in, or you turned back.")
        raise ProviderTrouble(f"it answered {request.GET['error'][:100]}")
    try:
        came = who_came(request, state)
    except TROUBLE as error:
        raise ProviderTrouble(f"{type(error).__name__}: {error}") from error
    if isinstance(request.user, User):
        _of_who_is_signed_in(request, request.user, came, state)
        return redirect(state["next"])
    if "again" in state:
        raise AccountError("You were signed out meanwhile: sign in anew.")
    user = _account_of(came)
    clear_login(request)  # a half-done sign-in in this browser, of whomever
    record_authentication(
        request, user, "socialaccount", provider=provider_id, auth_time=came.asked_at
    )
    response: HttpResponse = perform_login(request, user, redirect_url=state["next"])
    return response


def _of_who_is_signed_in(
    request: HttpRequest, user: User, came: Came, state: dict[str, Any]
) -> None:
    """Who came must be the user; what they came for. Their session stays as it is: nobody signs in.

    Raises AccountError.
    """
    linked = selectors.sign_on_of(user, user)
    again = state.get("again")
    if linked is None or linked.uid != came.who.subject or (again and again["user"] != user.pk):
        raise AccountError(
            f"At {settings.OIDC_NAME} you signed in as somebody else than {user.username}. "
            f"You are signed in as {user.username} here: sign out first, to come in as another."
        )
    if not again:
        return
    if came.asked_at < again["at"] - SKEW:
        raise AccountError(
            f"{settings.OIDC_NAME} did not ask you anew who you are, or doesn't say that it did, "
            "so that shows nothing. Sign out there and try again, or ask an administrator."
        )
    confirmation.by_sign_on(request, user)


def _account_of(came: Came) -> User:
    """The account of who came, who may come in. Raises SignOnRefused."""
    who = came.who
    try:
        user = services.sign_on(**who._asdict())
    except AccountError as error:
        logger.warning("single sign-on: %s (%s): %s", who.username, who.subject, error)
        raise SignOnRefused(str(error), who.subject) from None
    if user.is_active and user.held_roles:
        return user
    note_refusal(user, methods.SIGN_ON)
    if not user.is_active:
        raise SignOnRefused("This account is switched off. Ask an administrator.", who.subject)
    raise SignOnRefused("None of your groups gives you a role here any more.", who.subject)
