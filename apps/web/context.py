"""What every page knows: who may do what, where we are, what waits."""

from typing import Any, cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from apps.accounts.policy import Act, can, can_somewhere
from apps.accounts.selectors import roles_of
from apps.changes.selectors import waiting_for

_PLACES = (
    ("home", "Home", "home"),
    ("clusters", "Clusters", "topology-star-3"),
    ("changes", "Changes", "git-pull-request"),
    ("directors", "Directors", "server-2"),
    ("audit", "Audit", "history"),
    ("people", "People", "users"),
)
_NEEDS: dict[str, Act] = {"audit": "audit.view", "people": "people.manage"}
"""Places that not everybody who may see the console may see."""
_SECTIONS = {
    "cluster": "clusters",
    "change": "changes",
    "service": "changes",
    "director": "directors",
    "drift": "directors",
    "errand": "directors",
    "person": "people",
    "roles": "people",
    "mappings": "people",
}


class Rights:
    """`may.cluster_create` in a template is `can(user, "cluster.create")`; with an object: `allowed`."""

    def __init__(self, user: Any) -> None:
        self._user = user

    def __getitem__(self, name: str) -> bool:
        return can(self._user, cast(Act, name.replace("_", ".")))


def console(request: HttpRequest) -> dict[str, Any]:
    """Context of every page. Costs nothing for people who are not signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {
        "may": Rights(user),
        "roles": SimpleLazyObject(lambda: roles_of(user)),
        "navigation": [
            {"name": name, "label": label, "icon": icon, "url": reverse(f"web:{name}")}
            for name, label, icon in _PLACES
            if can_somewhere(user, _NEEDS.get(name, "view"))
        ],
        "section": _section(request),
        "waiting_count": SimpleLazyObject(
            lambda: waiting_for(user).count() if can_somewhere(user, "view") else 0
        ),
    }


def _section(request: HttpRequest) -> str:
    match = request.resolver_match
    name = (match.url_name or "") if match else ""
    return _SECTIONS.get(name.partition("-")[0], name)
