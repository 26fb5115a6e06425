"""People who come by single sign-on: their account, and the roles that their groups give them.

An account belongs to a subject of the issuer, and to nothing else: a name or an e-mail address that
somebody else's directory hands out opens nobody's account here.
"""

from collections.abc import Collection

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.errors import AccountError
from apps.accounts.models import GroupMapping, RoleGrant, User
from apps.accounts.policy import require
from apps.accounts.services.grants import grant_role, lock_admins, revoke_role
from apps.accounts.services.people import free_name, locked, put_name
from apps.accounts.services.sessions import end_sessions
from apps.audit.services import record

Place = tuple[str, int | None]
"""A role, and the cluster (its id) that it is held in, None = everywhere."""
LONGEST_SUBJECT = 191


@transaction.atomic
def sign_on(*, subject: str, username: str, full_name: str, groups: Collection[str]) -> User:
    """The account of this subject of our provider, with the roles that its groups give now.

    Made at the first sign-in, when some group gives a role. Whether the person may come in is for the
    caller to say: they may be switched off, or hold no role any more. Raises AccountError.
    """
    wanted: set[Place] = set(
        GroupMapping.objects.filter(group__in=groups).values_list("role", "cluster_id")
    )
    lock_admins()
    link = _links().filter(uid=subject).select_related("user").first()
    if link is not None:
        user = locked(link.user)
        link.extra_data = {"username": username, "groups": sorted(groups)}
        link.save(update_fields=["extra_data", "last_login"])
    elif not wanted:
        raise AccountError("None of your groups gives you a role here.")
    else:
        user = _new(subject, username, full_name, groups)
    _replace(user, wanted)
    return user


@transaction.atomic
def link_account(*, actor: User, user: User, subject: str) -> None:
    """Whoever the provider calls by this subject signs in as this user. Raises AccountError."""
    require(actor, "people.manage")
    subject = subject.strip()
    if not settings.OIDC_ISSUER:
        raise AccountError("There is no single sign-on: set LVS_OIDC_ISSUER.", "subject")
    if not subject or len(subject) > LONGEST_SUBJECT:
        raise AccountError("Give the subject, as the provider names the person.", "subject")
    locked(user)
    if _links().filter(user=user).exists():
        raise AccountError("This account is linked already: unlink it first.", "subject")
    other = _links().filter(uid=subject).select_related("user").first()
    if other is not None:
        raise AccountError(f"That subject belongs to {other.user.username}.", "subject")
    _link(user, subject, {})
    after = {"issuer": settings.OIDC_ISSUER, "subject": subject}
    record(actor=actor, action="user.sign_on_linked", obj=user, after=after)


@transaction.atomic
def unlink_account(*, actor: User, user: User) -> None:
    """The user no longer comes in by single sign-on: their sessions end, and the roles that came from
    there go. Raises AccountError for the last administrator."""
    require(actor, "people.manage")
    lock_admins()
    locked(user)
    link = _links().filter(user=user).first()
    if link is None:
        return  # somebody did so in this very moment
    before = {"issuer": link.provider, "subject": link.uid}
    link.delete()
    record(actor=actor, action="user.sign_on_unlinked", obj=user, before=before)
    _replace(user, set())
    end_sessions(actor=actor, user=user)


def _new(subject: str, username: str, full_name: str, groups: Collection[str]) -> User:
    """An account without a password. Raises AccountError when its name is wrong, or taken."""
    if User.objects.filter(username__iexact=username).exists():
        raise AccountError(
            f"There is an account “{username}” here already, and your single sign-on is not linked "
            "with it. If it is yours, an administrator can link it."
        )
    try:
        user = User(username=free_name(username))
        put_name(user, full_name)
    except AccountError as error:
        raise AccountError(f"No account could be made for you as “{username}”: {error}") from None
    user.set_unusable_password()
    user.save()
    _link(user, subject, {"username": username, "groups": sorted(groups)})
    after = {"username": user.username, "full name": user.get_full_name()}
    after |= {"issuer": settings.OIDC_ISSUER, "subject": subject}
    record(actor=None, actor_name="single sign-on", action="user.created", obj=user, after=after)
    return user


def _replace(user: User, wanted: set[Place]) -> None:
    """The roles from single sign-on are those, and no others; roles given by hand stay."""
    source = RoleGrant.Source.SSO
    held = {(g.role, g.cluster_id): g for g in user.grants.filter(source=source)}
    for place in held.keys() - wanted:
        revoke_role(actor=None, grant=held[place])
    for role, cluster_id in sorted(wanted - held.keys(), key=str):
        grant_role(actor=None, user=user, role=role, cluster_id=cluster_id, source=source)
    user.forget()


def _links() -> QuerySet[SocialAccount]:
    links: QuerySet[SocialAccount] = SocialAccount.objects.filter(provider=settings.OIDC_ISSUER)
    return links.select_for_update(of=("self",))


def _link(user: User, subject: str, said: dict[str, object]) -> None:
    SocialAccount.objects.create(
        user=user, provider=settings.OIDC_ISSUER, uid=subject, extra_data=said
    )
