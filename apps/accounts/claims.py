"""What a provider of single sign-on says of a person: pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.conf import settings


class Arrival(NamedTuple):
    """Who came: the provider's name for them, which never changes, and what else it says."""

    subject: str
    username: str
    full_name: str
    groups: tuple[str, ...]


def read_claims(claims: Mapping[str, Any]) -> Arrival:
    """The claims that count. Raises ValueError without a subject."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject or len(subject) > 191:
        raise ValueError("no subject of 1 to 191 characters")
    return Arrival(
        subject,
        _text(_claim(claims, settings.OIDC_USERNAME_CLAIM)),
        _text(claims.get("name"))[:150],
        _texts(_claim(claims, settings.OIDC_GROUPS_CLAIM)),
    )


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """The claim of this name; where there is none, that on the path `realm_access.roles`."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    """A list of texts; a text alone is a list of one."""
    items = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(dict.fromkeys(item for item in items if isinstance(item, str) and item))
