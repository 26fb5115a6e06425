"""May this user do this to this object? Asked by views, services, sockets and selectors alike.

Whatever is not granted here is refused. Roles are groups, acts are Django permissions of those groups
(migration `0002_roles`); this is the one place that reads them.
"""

from typing import Any, Literal

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from apps.accounts.models import User

Act = Literal[
    "view",
    "audit.view",
    "cluster.edit",
    "change.edit",
    "change.submit",
    "change.review",
    "director.ask",
    "director.zero",
    "director.manage",
    "people.manage",
]
Role = Literal["viewer", "operator", "approver", "admin"]

ROLES: tuple[Role, ...] = ("viewer", "operator", "approver", "admin")
PERMISSIONS: dict[Act, str] = {
    "view": "accounts.view_console",
    "audit.view": "accounts.view_audit",
    "cluster.edit": "accounts.edit_clusters",
    "change.edit": "accounts.edit_changes",
    "change.submit": "accounts.submit_changes",
    "change.review": "accounts.review_changes",
    "director.ask": "accounts.ask_directors",
    "director.zero": "accounts.zero_counters",
    "director.manage": "accounts.manage_directors",
    "people.manage": "accounts.manage_people",
}
_WORDS: dict[Act, tuple[str, str]] = {
    "view": ("see this", "viewer"),
    "audit.view": ("read the audit log", "viewer"),
    "cluster.edit": ("edit clusters", "operator"),
    "change.edit": ("edit changes", "operator"),
    "change.submit": ("submit changes", "operator"),
    "change.review": ("approve or reject changes", "approver"),
    "director.ask": ("see the connections and the fitness of directors", "operator"),
    "director.zero": ("set counters to zero", "operator"),
    "director.manage": ("manage directors", "admin"),
    "people.manage": ("manage people", "admin"),
}

_AUTHORS_OWN: tuple[Act, ...] = ("change.edit", "change.submit")


def can(user: User | AnonymousUser, act: Act, obj: Any = None) -> bool:
    """Whether the user may do this (to this object, where that matters). Default: no.

    Only its author edits and submits a change, and its author never reviews it, whatever the role:
    otherwise somebody could put a line into another's draft and then approve it.
    """
    if not user.is_authenticated or not user.is_active:
        return False
    if not user.has_perm(PERMISSIONS[act]):
        return False
    author = getattr(obj, "author_id", None)
    if author is None:
        return True
    if act == "change.review":
        return bool(author != user.pk)
    return act not in _AUTHORS_OWN or bool(author == user.pk)


def require(user: User | AnonymousUser, act: Act, obj: Any = None) -> None:
    """Raises PermissionDenied, with a sentence for the person, when `can` says no."""
    if can(user, act, obj):
        return
    what, role = _WORDS[act]
    if act == "change.review" and can(user, act):
        raise PermissionDenied("You wrote this change: someone else must approve it.")
    if act in _AUTHORS_OWN and can(user, act):
        raise PermissionDenied(
            f"Only {obj.author.display_name}, who opened this change, may do that. "
            "You can open a change of your own."
        )
    raise PermissionDenied(f"You may not {what}: that needs the role {role}.")
