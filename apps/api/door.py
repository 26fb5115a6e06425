"""Who may come in: programs with a token, and nobody else. A session of a browser opens nothing here."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from apps.accounts.models import ApiToken, User
from apps.accounts.selectors import somebody_with
from apps.accounts.services import note_token


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer lvs_…`. The user then carries the token, by which the policy narrows."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's owner. None where no token is shown; raises AuthenticationFailed for a wrong one."""
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        user = somebody_with(text.strip())
        if user is None or user.token is None:
            raise AuthenticationFailed(
                "The token is unknown, expired or revoked, or its owner is switched off."
            )
        note_token(actor=user, token=user.token)
        return user, user.token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="LVS Console"'


class TokenThrottle(SimpleRateThrottle):
    """So many requests of each token: one that runs wild doesn't keep the others out."""

    scope = "token"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """Where its requests are counted."""
        token = getattr(request.user, "token", None)
        return f"api-requests:{token.pk}" if token else None
