"""The provider of single sign-on, as django-allauth wants to be told of it."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from lvsconsole.addresses import is_safe_web

LONGEST_ISSUER = 200


def openid_connect(
    *, issuer: str, name: str, client_id: str, secret: str, scopes: list[str]
) -> dict[str, Any]:
    """SOCIALACCOUNT_PROVIDERS with this one provider. Raises ImproperlyConfigured."""
    if not is_safe_web(issuer):
        raise ImproperlyConfigured("LVS_OIDC_ISSUER must be an address that begins with https://")
    if len(issuer) > LONGEST_ISSUER:
        raise ImproperlyConfigured(f"LVS_OIDC_ISSUER has more than {LONGEST_ISSUER} characters")
    if "openid" not in scopes:
        raise ImproperlyConfigured("LVS_OIDC_SCOPES must name openid")
    app = {
        # An account belongs to a subject of this issuer; the same subject of another is somebody else.
        "provider_id": issuer,
        "name": name,
        "client_id": client_id,
        "secret": secret,
        "settings": {"server_url": issuer.rstrip("/")},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "SCOPE": scopes, "APPS": [app]}}
