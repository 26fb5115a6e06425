"""What the provider of single sign-on says of who came, and whether it is right in every part.

The client is django-allauth's: discovery, state, PKCE. What it leaves open is checked here: that the
provider is the one we mean, the ID token's signature, and that it answers this very request (nonce).
"""

import secrets
import time
from typing import Any, NamedTuple

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import build_absolute_uri
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from requests import RequestException

from apps.accounts.claims import Arrival, read_claims

SIGNED_WITH = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
SKEW = 60  # seconds that the provider's clock may differ from ours
TROUBLE = (OAuth2Error, RequestException, jwt.PyJWTError, KeyError, TypeError, ValueError)


class Came(NamedTuple):
    """Who came, and when the provider last asked them who they are; 0 = it doesn't say."""

    who: Arrival
    asked_at: float


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


def provider_of(request: HttpRequest) -> OpenIDConnectProvider:
    """Ours, as the settings name it."""
    provider = get_adapter().get_provider(request, settings.OIDC_ISSUER)
    provider.oauth2_adapter_class = Client
    return provider


def who_came(request: HttpRequest, state: dict[str, Any]) -> Came:
    """Exchange the code that the request brings for tokens, and read them. state: what we kept of the way
    there. Raises one of TROUBLE."""
    provider = provider_of(request)
    client, app = Client(request, provider.sub_id), provider.app
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
    return Came(read_claims(token | told), _asked_at(token))


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


def _asked_at(token: dict[str, Any]) -> float:
    """`auth_time` of an ID token, never later than now; 0 = none. OpenID Connect Core, section 2: seconds,
    and there must be one when `max_age` was asked for."""
    told = token.get("auth_time")
    if told is None:
        return 0
    if isinstance(told, bool) or not isinstance(told, int | float):
        raise OAuth2Error("its ID token has an auth_time that is no number")
    now = time.time()
    if not 0 <= told <= now + SKEW:
        raise OAuth2Error("its ID token has an auth_time that is yet to come")
    return float(min(told, now))
