"""Reading people, their roles, and how they sign in."""

from datetime import UTC, datetime
from typing import NamedTuple

from allauth.core.internal.sessionkit import get_session_user
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q, QuerySet

from apps.accounts.adapters import NO_ADDRESS
from apps.accounts.methods import FACTORS, SESSION_KEY, in_words
from apps.accounts.models import ApiToken, GroupMapping, RoleGrant, RoleSetting, User
from apps.accounts.policy import can, require, require_somewhere
from apps.accounts.tokens import is_same, prefix_of

_CODES = Authenticator.Type.RECOVERY_CODES


def roles_of(user: User) -> list[str]:
    """The user's roles in words, `admin everywhere`, `operator in web`; those held everywhere first.

    Uses `prefetch_related("grants__cluster")`.
    """
    return _in_words(_in_order(user))


def grants_shown(user: User | AnonymousUser, person: User) -> list[RoleGrant]:
    """The roles of a person that the user may know of: those that count where the user manages people,
    those held everywhere first. In which other clusters somebody works is for those clusters' people.

    Uses `prefetch_related("grants__cluster")`. Raises PermissionDenied.
    """
    scope = require_somewhere(user, "people.manage")
    return [one for one in _in_order(person) if one.cluster_id is None or one.cluster_id in scope]


def roles_shown(user: User | AnonymousUser, person: User) -> list[str]:
    """The same in words, as `roles_of` says them. Raises PermissionDenied."""
    return _in_words(grants_shown(user, person))


def _in_order(user: User) -> list[RoleGrant]:
    return sorted(user.grants.all(), key=lambda g: (g.cluster_id is not None, g.pk))


def _in_words(grants: list[RoleGrant]) -> list[str]:
    return list(dict.fromkeys(str(grant) for grant in grants))


def people(user: User | AnonymousUser) -> QuerySet[User]:
    """Everybody with an account, by name. Raises PermissionDenied unless the user manages people
    somewhere: who does so in one cluster must find those who could get a role there."""
    require_somewhere(user, "people.manage")
    return User.objects.prefetch_related("grants__cluster").order_by("username")


def person(user: User | AnonymousUser, number: int) -> User:
    """One account by its id. Raises User.DoesNotExist, PermissionDenied."""
    return people(user).get(pk=number)


def grant(user: User | AnonymousUser, number: int) -> RoleGrant:
    """One grant by its id. Raises RoleGrant.DoesNotExist, PermissionDenied."""
    scope = require_somewhere(user, "people.manage")
    grants = RoleGrant.objects.select_related("user", "cluster")
    return scope.narrow(grants, "cluster").get(pk=number)


def holders(role: str, cluster_id: int) -> QuerySet[User]:
    """Who holds the role in this cluster (or everywhere) and may sign in, by name. For the console's own
    use: it asks nobody's right."""
    held = Q(grants__role=role) & (
        Q(grants__cluster_id=cluster_id) | Q(grants__cluster__isnull=True)
    )
    return User.objects.filter(held, is_active=True).distinct().order_by("username")


def may_change_account(user: User | AnonymousUser) -> bool:
    """Whether the user may switch accounts off and set passwords: that concerns every cluster."""
    return can(user, "people.manage")


class Factor(NamedTuple):
    """A second factor of somebody: what it is, never what it knows."""

    number: int
    kind: str
    name: str
    added_at: datetime
    used_at: datetime | None


class Session(NamedTuple):
    """A browser in which somebody is signed in."""

    number: int
    browser: str
    address: str
    ways: list[str]
    since: datetime
    seen_at: datetime
    is_this: bool


def factors_of(user: User | AnonymousUser, person: User) -> list[Factor]:
    """The second factors of a person, oldest first. Raises PermissionDenied for somebody else's."""
    _own_or_managed(user, person)
    rows = Authenticator.objects.filter(user=person).exclude(type=_CODES).order_by("pk")
    return [
        Factor(
            row.pk,
            row.type,
            str(row) if row.type == Authenticator.Type.WEBAUTHN else FACTORS[row.type],
            row.created_at,
            row.last_used_at,
        )
        for row in rows
    ]


def recovery_codes_left(user: User) -> int:
    """How many of one's own recovery codes are unused."""
    row = Authenticator.objects.filter(user=user, type=_CODES).first()
    if row is None:
        return 0
    return int(app_settings.RECOVERY_CODE_COUNT - int(row.data["used_mask"]).bit_count())


def sessions_of(user: User | AnonymousUser, person: User, this_key: str = "") -> list[Session]:
    """Where a person is signed in now, the last seen first. Raises PermissionDenied for somebody else's.

    this_key: the key of the session that asks.
    """
    _own_or_managed(user, person)
    found = []
    for row in UserSession.objects.filter(user=person).order_by("-last_seen_at"):
        store = row._session_store(row.session_key)
        if get_session_user(store) is None:
            continue  # ended elsewhere: by its age, or by another password
        shown = store.get(SESSION_KEY) or []
        since = datetime.fromtimestamp(shown[0]["at"], UTC) if shown else row.created_at
        address = "" if row.ip == NO_ADDRESS else str(row.ip)
        is_this = row.session_key == this_key
        found.append(
            Session(
                row.pk,
                row.user_agent,
                address,
                in_words(shown),
                since,
                row.last_seen_at,
                is_this,
            )
        )
    return found


def sign_on_of(user: User | AnonymousUser, person: User) -> SocialAccount | None:
    """How our provider of single sign-on knows a person. Raises PermissionDenied for somebody else's."""
    _own_or_managed(user, person)
    return SocialAccount.objects.filter(user=person, provider=settings.OIDC_ISSUER).first()


def asking_roles(user: User | AnonymousUser) -> set[str]:
    """The roles that ask for a second factor. Raises PermissionDenied."""
    require(user, "people.manage")
    rows = RoleSetting.objects.filter(second_factor=True)
    return set(rows.values_list("role", flat=True))


def mappings(user: User | AnonymousUser) -> QuerySet[GroupMapping]:
    """Which groups of single sign-on give which roles. Raises PermissionDenied."""
    require(user, "people.manage")
    return GroupMapping.objects.select_related("cluster")


def tokens_of(user: User | AnonymousUser, person: User) -> QuerySet[ApiToken]:
    """The tokens of a person that the user may see, the newest first and those revoked last: all of one's
    own, somebody else's as far as the user manages people where they are for. Raises PermissionDenied."""
    tokens = ApiToken.objects.select_related("user", "cluster").filter(user=person)
    tokens = tokens.order_by(F("revoked_at").desc(nulls_first=True), "-pk")
    if user.pk == person.pk:
        return tokens
    return require_somewhere(user, "people.manage").narrow(tokens, "cluster")


def token(user: User | AnonymousUser, person: User, number: int) -> ApiToken:
    """One of them. Raises ApiToken.DoesNotExist, PermissionDenied."""
    return tokens_of(user, person).get(pk=number)


def somebody_with(text: str) -> User | None:
    """For whom a program acts that shows this token: with `token` set, so that the policy knows. None: it
    is no token of ours, expired or revoked, or its owner is switched off. For the door of the API."""
    prefix = prefix_of(text)
    tokens = ApiToken.objects.select_related("user", "cluster")
    found = tokens.filter(prefix=prefix).first() if prefix else None
    if found is None or not is_same(text, found.digest):
        return None
    if found.state != "valid" or not found.user.is_active:
        return None
    found.user.token = found
    return found.user


def _own_or_managed(user: User | AnonymousUser, person: User) -> None:
    if user.pk != person.pk:
        require(user, "people.manage")
