"""May this user do this to this object? Asked by views, services, sockets and selectors alike.

Whatever is not granted here is refused. A person holds roles, each everywhere or in one cluster
(`RoleGrant`); what a role may do stands in `MAY`, and nowhere else. A program acts for a person with a
token (`ApiToken`), which narrows that.
"""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, TypeVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet

from apps.accounts.models import Role, User

Act = Literal[
    "view",
    "audit.view",
    "audit.export",
    "cluster.create",
    "cluster.edit",
    "cluster.policy",
    "change.edit",
    "change.submit",
    "change.review",
    "change.comment",
    "change.run",
    "change.emergency",
    "drift.adopt",
    "drift.revert",
    "drift.ignore",
    "director.ask",
    "director.zero",
    "director.manage",
    "hook.manage",
    "people.manage",
]

_LOOK: frozenset[Act] = frozenset({"view"})
_KNOW: frozenset[Act] = _LOOK | {"audit.view", "director.ask"}
_DRIFT: frozenset[Act] = frozenset({"drift.adopt", "drift.revert", "drift.ignore"})
_WORK: frozenset[Act] = (
    _KNOW | _DRIFT | {"change.edit", "change.submit", "change.run", "director.zero"}
)
_RUN: frozenset[Act] = _WORK | {"cluster.create", "cluster.edit"}
_OF_REVIEWERS: frozenset[Act] = frozenset({"change.review", "change.comment"})
"""What the author of a change never does to it, whatever the role."""

MAY: dict[str, frozenset[Act]] = {
    Role.VIEWER: _LOOK,
    Role.OPERATOR: _RUN,
    Role.APPROVER: _KNOW | _OF_REVIEWERS | {"change.run"},
    Role.AUDITOR: _LOOK | {"audit.view", "audit.export"},
    Role.EMERGENCY: _WORK | {"change.emergency"},
    Role.ADMIN: _RUN
    | _OF_REVIEWERS
    | {
        "audit.export",
        "cluster.policy",
        "director.manage",
        "hook.manage",
        "people.manage",
    },
}
"""What each role may do. A person may do what any of their roles may."""

_WORDS: dict[Act, tuple[str, Role]] = {
    "view": ("see this", Role.VIEWER),
    "audit.view": ("read the audit log", Role.AUDITOR),
    "audit.export": ("export the audit log", Role.AUDITOR),
    "cluster.create": ("make clusters", Role.OPERATOR),
    "cluster.edit": ("edit clusters", Role.OPERATOR),
    "cluster.policy": ("say how changes of a cluster are approved", Role.ADMIN),
    "change.edit": ("edit changes", Role.OPERATOR),
    "change.submit": ("submit changes", Role.OPERATOR),
    "change.review": ("approve or reject changes", Role.APPROVER),
    "change.comment": ("comment on changes", Role.APPROVER),
    "change.run": ("start, confirm or stop approved changes", Role.OPERATOR),
    "change.emergency": ("apply a change before it is reviewed", Role.EMERGENCY),
    "drift.adopt": ("adopt what a director holds", Role.OPERATOR),
    "drift.revert": ("put a director back to the head", Role.OPERATOR),
    "drift.ignore": ("ignore the drift of a director", Role.OPERATOR),
    "director.ask": ("see the connections and the fitness of directors", Role.OPERATOR),
    "director.zero": ("set counters to zero", Role.OPERATOR),
    "director.manage": ("manage directors", Role.ADMIN),
    "hook.manage": ("manage webhooks", Role.ADMIN),
    "people.manage": ("manage people", Role.ADMIN),
}
"""Each act in words, and the role that a refusal names."""

_AUTHORS_OWN: tuple[Act, ...] = ("change.edit", "change.submit", "change.emergency")

Rows = TypeVar("Rows", bound=Model)


class Scope(NamedTuple):
    """Where somebody may do something: everywhere, or in these clusters (by id)."""

    everywhere: bool
    clusters: frozenset[int]

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.clusters)

    def __contains__(self, cluster: object) -> bool:
        return self.everywhere or cluster in self.clusters

    def __and__(self, other: "Scope") -> "Scope":
        """What lies in both."""
        if self.everywhere:
            return other
        return self if other.everywhere else Scope(False, self.clusters & other.clusters)

    def narrow(self, rows: QuerySet[Rows], path: str) -> QuerySet[Rows]:
        """Of the rows those in the scope; `path` leads from a row to its cluster."""
        return rows if self.everywhere else rows.filter(**{f"{path}__in": self.clusters})


NOWHERE = Scope(False, frozenset())


def scope_of(user: User | AnonymousUser, act: Act) -> Scope:
    """Where the user may do this, whosever it is. Default: nowhere, also for who holds a role that asks
    for a second factor and has none: for views, sockets and services alike, this is where it counts.

    Raises KeyError for an act that there isn't.
    """
    _WORDS[act]  # a misspelt act is a mistake of ours, and no answer
    if not isinstance(user, User) or not user.is_active or user.lacks_second_factor:
        return NOWHERE
    own = _scope(user.held_roles, act)
    return own & _scope([(user.token.role, user.token.cluster_id)], act) if user.token else own


def _scope(roles: Iterable[tuple[str, int | None]], act: Act) -> Scope:
    clusters = {cluster for role, cluster in roles if act in MAY.get(role, frozenset())}
    return Scope(None in clusters, frozenset(c for c in clusters if c is not None))


def can_all_of(user: User | AnonymousUser, role: str, cluster: int | None) -> bool:
    """Whether the user may do all that the role may, in this cluster or everywhere (None)."""
    return all(cluster in scope_of(user, act) for act in MAY[role])


def can_somewhere(user: User | AnonymousUser, act: Act) -> bool:
    """Whether there is any cluster in which the user may do this: for menus, and lists that are narrowed."""
    return bool(scope_of(user, act))


def can(user: User | AnonymousUser, act: Act, obj: Any = None) -> bool:
    """Whether the user may do this to this object; None: to the console as a whole. Default: no.

    An object of a cluster has `cluster_scope`, the cluster's id; others need the right everywhere.
    Only its author edits and submits a change, and its author never reviews it, whatever the role:
    otherwise somebody could put a line into another's draft and then approve it.
    """
    if getattr(obj, "cluster_scope", None) not in scope_of(user, act):
        return False
    author = getattr(obj, "author_id", None)
    if author is None:
        return True
    if act in _OF_REVIEWERS:
        return bool(author != user.pk)
    return act not in _AUTHORS_OWN or bool(author == user.pk)


def require(user: User | AnonymousUser, act: Act, obj: Any = None) -> None:
    """Raises PermissionDenied, with a sentence for the person, when `can` says no."""
    if not can(user, act, obj):
        raise PermissionDenied(_refusal(user, act, obj))


def require_somewhere(user: User | AnonymousUser, act: Act) -> Scope:
    """Where the user may do this. Raises PermissionDenied when that is nowhere."""
    scope = scope_of(user, act)
    if not scope:
        raise PermissionDenied(_refusal(user, act, None))
    return scope


def act_in_words(act: Act) -> str:
    """What the act is: “see this”, “edit changes”."""
    return _WORDS[act][0]


def may_sign_in_by_password(user: User) -> bool:
    """With LVS_LOCAL_SIGN_IN=no only who administers the whole console may, for when the provider of
    single sign-on is away."""
    return settings.LOCAL_SIGN_IN or (Role.ADMIN, None) in user.held_roles


def _refusal(user: User | AnonymousUser, act: Act, obj: Any) -> str:
    if isinstance(user, User) and user.lacks_second_factor:
        return "Your role asks for a second factor: set one up on the page “Account” first."
    who = "This token" if getattr(user, "token", None) else "You"
    what, role = _WORDS[act]
    scope = scope_of(user, act)
    cluster = getattr(obj, "cluster_scope", None)
    if scope and cluster in scope:  # the role is there: it is about whose change it is
        if act == "change.review":
            return "You wrote this change: someone else must approve it."
        if act == "change.comment":
            return "You wrote this change: comments are for those who review it."
        return (
            f"Only {obj.author.display_name}, who opened this change, may do that. "
            "You can open a change of your own."
        )
    if scope and cluster is not None:
        return f"{who} may not {what} in this cluster: that needs the role {role} there."
    if scope:
        return f"{who} may not {what} everywhere: that needs the role {role} for all clusters."
    return f"{who} may not {what}: that needs the role {role}."
