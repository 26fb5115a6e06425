"""Tokens of the API: making, revoking, and noting that one is used."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.errors import AccountError
from apps.accounts.models import ApiToken, User
from apps.accounts.models.token import NAME_LENGTH
from apps.accounts.policy import can_all_of, require
from apps.accounts.services.grants import check_role
from apps.accounts.tokens import LONGEST_LIFE, mint
from apps.audit.services import record

NOTED_EVERY = timedelta(minutes=1)
"""How often it is noted that a token is in use."""


@transaction.atomic
def create_token(
    *, actor: User, name: str, role: str, cluster_id: int | None = None, expires_at: datetime
) -> tuple[ApiToken, str]:
    """A token of the actor's own, and its text, which can't be had again.

    role, cluster_id (None = everywhere): the most that it may do, and where. Raises AccountError for a
    role that the actor doesn't have there, a time that is over or more than a year ahead, or a name
    that is wrong or taken.
    """
    if actor.token is not None:
        raise AccountError("A token can't make tokens: sign in to make one.")
    name = _name(name)
    check_role(role)
    if not can_all_of(actor, role, cluster_id):
        raise AccountError(
            f"You may not do all that the role {role} may do there: choose another role, or a cluster.",
            "role",
        )
    now = timezone.now()
    if not now < expires_at <= now + LONGEST_LIFE:
        raise AccountError("A token ends within a year, and not before now.", "expires_at")
    minted = mint()
    token = ApiToken(
        user=actor,
        name=name,
        role=role,
        cluster_id=cluster_id,
        prefix=minted.prefix,
        digest=minted.digest,
        expires_at=expires_at,
    )
    try:
        with transaction.atomic():
            token.save()
    except IntegrityError:
        raise AccountError(
            f"You have a token “{name}” already: choose another name, or revoke that one first.",
            "name",
        ) from None
    after = {"name": name, "role": token.where, "prefix": token.prefix, "expires at": expires_at}
    record(actor=actor, action="token.created", obj=token, after=after)
    return token, minted.text


@transaction.atomic
def revoke_token(*, actor: User, token: ApiToken) -> ApiToken:
    """End a token: one's own, or anybody's for those who manage people where it is for.

    One that is revoked already stays so. Raises PermissionDenied.
    """
    if actor.pk != token.user_id:
        require(actor, "people.manage", token)
    tokens = ApiToken.objects.select_for_update(no_key=True, of=("self",))
    token = tokens.select_related("user", "cluster").get(pk=token.pk)
    if token.revoked_at is not None:
        return token
    _revoke(actor, token)
    return token


@transaction.atomic
def revoke_tokens(*, actor: User | None, user: User, reason: str = "") -> None:
    """End all tokens of somebody who shall not come in, or who lost what they sign in with.

    actor None: from the command line of the console's host. Raises PermissionDenied.
    """
    if actor is not None and actor.pk != user.pk:
        require(actor, "people.manage")
    tokens = ApiToken.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    for token in tokens.select_related("user", "cluster").filter(user=user, revoked_at=None):
        _revoke(actor, token, reason)


@transaction.atomic
def note_token(*, actor: User, token: ApiToken) -> None:
    """The actor's token is in use, once a minute at most. That a program looks is no act: the audit log
    says nothing of it."""
    now = timezone.now()
    long_ago = now - NOTED_EVERY
    if token.last_used_at is not None and token.last_used_at > long_ago:
        return
    unnoted = Q(last_used_at=None) | Q(last_used_at__lte=long_ago)
    ApiToken.objects.filter(unnoted, pk=token.pk, user=actor).update(last_used_at=now)


def _revoke(actor: User | None, token: ApiToken, reason: str = "") -> None:
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    before = {"name": token.name, "role": token.where, "prefix": token.prefix}
    record(actor=actor, action="token.revoked", obj=token, before=before, reason=reason)


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or not name.isprintable():
        raise AccountError("Give the token a name: what will use it.", "name")
    if len(name) > NAME_LENGTH:
        raise AccountError(f"The name is too long: {NAME_LENGTH} characters at most.", "name")
    return name
