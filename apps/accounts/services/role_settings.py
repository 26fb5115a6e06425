"""Writing what an administrator says of roles: who needs a second factor, which groups hold them."""

from django.db import IntegrityError, transaction

from apps.accounts.errors import AccountError
from apps.accounts.models import GroupMapping, RoleSetting, User
from apps.accounts.policy import require
from apps.accounts.services.grants import check_role
from apps.audit.services import record

LONGEST_GROUP = 200


@transaction.atomic
def ask_second_factor(*, actor: User, role: str, asked: bool) -> RoleSetting:
    """Whoever holds the role, anywhere, must have a second factor; or need not any more.

    Who has none can do nothing from now on but set one up. Raises AccountError when that would be the
    actor, and PermissionDenied.
    """
    require(actor, "people.manage")
    check_role(role)
    setting = RoleSetting.objects.filter(role=role).first() or RoleSetting(role=role)
    if setting.second_factor == asked:
        return setting
    if asked and not actor.has_second_factor() and actor.grants.filter(role=role).exists():
        raise AccountError("You hold this role yourself: set up your own second factor first.")
    setting, _ = RoleSetting.objects.select_for_update().get_or_create(role=role)
    setting.second_factor = asked
    setting.save(update_fields=["second_factor"])
    actor.forget()
    record(
        actor=actor,
        action="role.second_factor_asked" if asked else "role.second_factor_not_asked",
        obj=setting,
        before={"second factor": not asked},
        after={"second factor": asked},
    )
    return setting


@transaction.atomic
def add_mapping(
    *, actor: User, group: str, role: str, cluster_id: int | None = None
) -> GroupMapping:
    """Who comes by single sign-on and is in this group holds the role from then on, in one cluster or
    everywhere (None). Counts at each person's next sign-in. Raises AccountError, PermissionDenied."""
    require(actor, "people.manage")
    check_role(role)
    group = group.strip()
    if not group or len(group) > LONGEST_GROUP:
        raise AccountError(f"Name a group, in {LONGEST_GROUP} characters at most.", "group")
    mapping = GroupMapping(group=group, role=role, cluster_id=cluster_id)
    try:
        with transaction.atomic():
            mapping.save()
    except IntegrityError:
        raise AccountError(f"The {mapping} already.", "group") from None
    record(actor=actor, action="group.mapped", obj=mapping, after=_said(mapping))
    return mapping


@transaction.atomic
def remove_mapping(*, actor: User, mapping: GroupMapping) -> None:
    """The group no longer gives the role. Counts at each person's next sign-in."""
    require(actor, "people.manage")
    before = _said(mapping)
    record(actor=actor, action="group.unmapped", obj=mapping, before=before)
    mapping.delete()


def _said(mapping: GroupMapping) -> dict[str, str]:
    where = mapping.cluster.name if mapping.cluster else "everywhere"
    return {"group": mapping.group, "role": mapping.role, "where": where}
