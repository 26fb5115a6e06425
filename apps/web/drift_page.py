"""What the page of a director's drift shows, and the parts of other pages that name drifts."""

from typing import Any

from apps.accounts.policy import can
from apps.changes.approval import policy_of
from apps.changes.drift.difference import Difference
from apps.changes.drift.selectors import DriftSeen, drift_of, open_drifts, past_drifts
from apps.changes.small_edit import is_small_step
from apps.inventory.models import Cluster, Director
from apps.telemetry.selectors import presence
from apps.web.cluster_page import foreign_services
from apps.web.differences import parts_of_drift
from apps.web.forms.drift import ACTS, forms_of
from apps.web.words import PRESENCE_HELP
from lvs.plan import losses, make_plan
from lvs.rules import is_usable

ACTED_ON = ("drifting", "ignored")
PAST = 10
LOSSES = 5
FOREIGN = 50


def now_of(user: Any, director: Director) -> dict[str, Any]:
    """What is known now, and what differs."""
    seen = drift_of(user, director)
    there = presence(seen.director)
    difference = seen.difference
    foreign = _foreign(seen)
    context = {
        "director": seen.director,
        "cluster": seen.director.cluster,
        "seen": seen,
        "drift": seen.drift,
        "presence": there,
        "presence_help": PRESENCE_HELP[there],
        "digest": difference.shown if difference else "",
        "forms_that_need_it": ACTS,
        "head_name": _head_name(seen.director.cluster),
        "parts": parts_of_drift(difference) if difference else None,
        "losses": _losses(difference) if difference else [],
        "foreign": foreign[:FOREIGN],
        "more_foreign": len(foreign[FOREIGN:]),
        "past": list(past_drifts(user, director)[:PAST]),
    }
    return context | {"now_mark": _mark(seen, there, len(foreign))}


def acts_of(user: Any, director: Director, seen: DriftSeen | None = None) -> dict[str, Any]:
    """What this person may do about it. It doesn't depend on the difference, so that what is typed stays
    while the kernel moves on."""
    seen = seen or drift_of(user, director)
    director, cluster = seen.director, seen.director.cluster
    context: dict[str, Any] = {
        "director": director,
        "cluster": cluster,
        "seen": seen,
        "drift": seen.drift,
        "acted_on": seen.state in ACTED_ON,
        "may_act": can(user, "drift.revert", director),
        "forms": forms_of(None),
    }
    if cluster is None or seen.difference is None:
        return context | {"acts_mark": f"{seen.state}.{cluster}"}
    policy, also = policy_of(cluster), _also(user, director, cluster)
    is_free = policy.free_weights and not also and _is_small(seen.difference)
    context |= {
        "needed": 0 if is_free else policy.approvals,
        "others": [d.name for d in cluster.directors.exclude(pk=director.pk).order_by("name")],
        "also": also,
        "claimed": any(not part.ours for part in seen.difference.services),
        "unusable": sum(not is_usable(service) for service in seen.difference.head.services),
        "may_go_first": can(user, "change.emergency", director),
    }
    said = [context[name] for name in ("needed", "others", "also", "claimed", "may_act")]
    answer = seen.drift.answered_by if seen.drift else None
    says = f"{answer.pk}.{answer.state}" if answer else ""
    return context | {"acts_mark": f"{seen.state}.{cluster.head_id}.{says}.{said}"}


def page_of(user: Any, director: Director) -> dict[str, Any]:
    """All that the page needs."""
    now = now_of(user, director)
    return now | acts_of(user, director, now["seen"])


def drifts_of(user: Any, cluster: Cluster, query: str = "") -> dict[str, Any]:
    """What a cluster's page says of its directors that drift."""
    found = open_drifts(user, cluster.directors.all())
    return {"cluster": cluster, "drifts": list(found.values())}


def _head_name(cluster: Cluster | None) -> str:
    return f"revision {cluster.head.number}" if cluster and cluster.head else ""


def _foreign(seen: DriftSeen) -> list[str]:
    """Services of others, but those that the head names: these stand in the difference."""
    head = seen.difference.head if seen.difference else None
    named = {str(service) for service in head.services} if head else set()
    status = getattr(seen.director, "status", None)
    return [name for name in foreign_services(status) if name not in named]


def _also(user: Any, director: Director, cluster: Cluster) -> list[str]:
    """The other directors that drift: what puts this one back puts them back."""
    others = open_drifts(user, cluster.directors.exclude(pk=director.pk))
    return [found.drift.director.name for found in others.values()]


def _losses(difference: Difference) -> list[str]:
    """The connections that putting it back costs."""
    return losses(make_plan(difference.held, difference.head))[:LOSSES]


def _mark(seen: DriftSeen, there: str, foreign: int) -> str:
    """What the page's first part depends on: while it stays, the part stays."""
    drift = seen.drift
    noted = f"{drift.pk}.{drift.ignored_at}" if drift else ""
    differs = seen.difference.shown[:16] if seen.difference else seen.why
    head = seen.director.cluster.head_id if seen.director.cluster else 0
    return f"{seen.state}.{there}.{head}.{differs}.{noted}.{foreign}"


def _is_small(difference: Difference) -> bool:
    """Whether putting it back does no more than edit weights."""
    ours = all(part.ours for part in difference.services)
    ours = ours and all(part.ours for part in difference.settings)
    return ours and all(map(is_small_step, make_plan(difference.held, difference.head)))
