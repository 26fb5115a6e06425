"""Giving and taking roles."""

from typing import Any

from django.db import IntegrityError, transaction

from apps.accounts.errors import AccountError
from apps.accounts.models import Role, RoleGrant, User
from apps.accounts.policy import require
from apps.audit.services import record


@transaction.atomic
def grant_role(
    *,
    actor: User | None,
    user: User,
    role: str,
    cluster_id: int | None = None,
    source: RoleGrant.Source = RoleGrant.Source.MANUAL,
) -> RoleGrant:
    """Give the user a role in one cluster, or everywhere (None). actor None: from the command line, or
    from single sign-on. A role that is held there already is no act.

    Raises AccountError for a role that there isn't, and PermissionDenied.
    """
    check_role(role)
    what: dict[str, Any] = {
        "user": user,
        "role": role,
        "cluster_id": cluster_id,
        "source": source,
    }
    grant = RoleGrant(**what)
    if actor is not None:
        require(actor, "people.manage", grant)
    held = RoleGrant.objects.filter(**what)
    if (there := held.first()) is not None:
        return there
    try:
        with transaction.atomic():
            grant.save()
    except IntegrityError:  # somebody gave it in this very moment
        return held.get()
    user.forget()
    record(
        actor=actor, action="user.role_given", obj=user, after={"role": str(grant)} | _of(source)
    )
    return grant


@transaction.atomic
def revoke_role(*, actor: User | None, grant: RoleGrant) -> None:
    """Take the role away. Raises AccountError for the last administrator's, and PermissionDenied."""
    if actor is not None:
        require(actor, "people.manage", grant)
    lock_admins()
    found = RoleGrant.objects.select_related("user", "cluster").filter(pk=grant.pk).first()
    if found is None:
        return  # somebody took it in this very moment
    if found.role == Role.ADMIN and found.cluster_id is None:
        keep_an_admin(found.user, but=found)
    found.delete()
    grant.user.forget()
    before = {"role": str(found)} | _of(RoleGrant.Source(found.source))
    record(actor=actor, action="user.role_taken", obj=found.user, before=before)


def check_role(role: str) -> None:
    """Raises AccountError for a role that there isn't."""
    if role not in Role.values:
        raise AccountError(f"“{role}” is no role: choose one of {', '.join(Role.values)}.", "role")


def lock_admins() -> None:
    """Lock the grants of all administrators, before any user: two of them that remove each other at the
    same time wait here, in one order, and the second finds out."""
    admins = RoleGrant.objects.filter(role=Role.ADMIN, cluster=None).order_by("pk")
    list(admins.select_for_update(no_key=True, of=("self",)).values_list("pk"))


def keep_an_admin(user: User, but: RoleGrant | None = None) -> None:
    """Raises AccountError when without this user (or only without this grant of theirs) nobody could
    administer the console any more."""
    admins = RoleGrant.objects.filter(role=Role.ADMIN, cluster=None, user__is_active=True)
    if not admins.filter(user=user).exists():
        return
    others = admins.exclude(pk=but.pk) if but else admins.exclude(user=user)
    if not others.exists():
        raise AccountError(
            f"{user.username} is the last administrator: make somebody else one first.", "role"
        )


def _of(source: RoleGrant.Source) -> dict[str, str]:
    return {} if source == RoleGrant.Source.MANUAL else {"source": source.label}
