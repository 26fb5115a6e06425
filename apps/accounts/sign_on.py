"""Single sign-on with an OpenID Connect provider: out to it, and back with who it says came.

The client is django-allauth's: discovery, state, PKCE. What it leaves open is checked here: that the
provider is the one we mean, the ID token's signature, and that it answers this very request (nonce).
"""

import logging
import secrets
from typing import Any

import jwt
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import jwtkit, statekit
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import build_absolute_uri
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from requests import RequestException

from apps.accounts import methods, services
from apps.accounts.claims import Arrival, read_claims
from apps.accounts.errors import AccountError, ProviderTrouble, SignOnRefused
from apps.accounts.models import User
from apps.accounts.signals import note_refusal

logger = logging.getLogger(__name__)

SIGNED_WITH = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
SKEW = 60  # seconds that the provider's clock may differ from ours
_TROUBLE = (OAuth2Error, RequestException, jwt.PyJWTError, KeyError, TypeError, ValueError)


class Client(OpenIDConnectOAuth2Adapter):
    """django-allauth's, at our address, and only with the provider that we mean."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself. Raises OAuth2Error when it is another one."""
        config: dict[str, Any] = super().openid_config
        if config["issuer"] != settings.OIDC_ISSUER:
            raise OAuth2Error(f"it calls itself {config['issuer']}, not as LVS_OIDC_ISSUER does")
        return config

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Where the provider sends people back to."""
        return str(build_absolute_uri(request, reverse("web:sign-on-callback")))


def begin(request: HttpRequest, *, next_url: str, again: bool) -> HttpResponse:
    """The way to the provider. again: it shall ask who it is, also of somebody it knows.

    Raises ProviderTrouble.
    """
    nonce = secrets.token_urlsafe(24)
    asked = {"nonce": nonce} | ({"prompt": "login"} if again else {})
    try:
        response: HttpResponse = _provider(request).redirect(
            request, process="login", next_url=next_url, auth_params=asked, nonce=nonce
        )
    except _TROUBLE as error:
        raise ProviderTrouble(f"{type(error).__name__}: {error}") from error
    return response


def finish(request: HttpRequest) -> HttpResponse:
    """Sign in who comes back from the provider, and the way on from there.

    Raises ProviderTrouble, and AccountError with why the person may not come in.
    """
    provider = _provider(request)
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
        came = _who_came(Client(request, provider.sub_id), provider.app, state)
    except _TROUBLE as error:
        raise ProviderTrouble(f"{type(error).__name__}: {error}") from error
    user = _account_of(came)
    record_authentication(request, user, "socialaccount", provider=provider.sub_id)
    response: HttpResponse = perform_login(request, user, redirect_url=state.get("next"))
    return response


def _provider(request: HttpRequest) -> OpenIDConnectProvider:
    provider = get_adapter().get_provider(request, settings.OIDC_ISSUER)
    provider.oauth2_adapter_class = Client
    return provider


def _who_came(client: Client, app: Any, state: dict[str, Any]) -> Arrival:
    """Exchange the code for tokens and read them. Raises one of _TROUBLE."""
    request = client.request
    answer = client.get_access_token_data(
        request,
        app,
        client.get_client(request, app),
        pkce_code_verifier=state["pkce_code_verifier"],
    )
    token = _read(client, answer["id_token"], app.client_id)
    if not secrets.compare_digest(str(token.get("nonce")), state["nonce"]):
        raise OAuth2Error("its ID token answers another request")
    told = client._fetch_user_info(answer["access_token"])
    if told["sub"] != token["sub"]:
        raise OAuth2Error("its ID token and its user information are about two people")
    return read_claims(token | told)


def _read(client: Client, id_token: str, client_id: str) -> dict[str, Any]:
    """The claims of an ID token that the provider signed, for us and now. OpenID Connect Core 3.1.3.7."""
    config = client.openid_config
    algorithm, key = jwtkit.fetch_key(id_token, config["jwks_uri"], jwtkit.lookup_kid_jwk)
    if algorithm not in SIGNED_WITH:
        raise OAuth2Error(f"its ID token is signed with {algorithm}")
    claims: dict[str, Any] = jwt.decode(
        id_token,
        key=key,
        algorithms=[algorithm],
        issuer=settings.OIDC_ISSUER,
        audience=client_id,
        leeway=SKEW,
        options={"require": ["iss", "sub", "aud", "exp", "iat"]},
    )
    if claims.get("azp", client_id) != client_id:
        raise OAuth2Error("its ID token was made for another client")
    return claims


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
