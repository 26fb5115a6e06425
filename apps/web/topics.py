"""What a browser may listen to: `change.12`, `cluster.3`, `samples.3`, `errand.8`, `directors`, `home`."""

import re
from typing import TYPE_CHECKING

from apps.accounts.policy import can_somewhere, scope_of
from apps.changes import selectors as changes
from apps.inventory import selectors as inventory
from apps.jobs.models import Errand

if TYPE_CHECKING:
    from apps.accounts.models import User

_TOPIC = re.compile(
    r"(?:directors|home|(change|cluster|samples|errand)\.([1-9][0-9]{0,17}))", re.ASCII
)


def is_topic(name: object) -> bool:
    """Whether the value is the name of a topic at all."""
    return isinstance(name, str) and _TOPIC.fullmatch(name) is not None


def may_listen(user: "User", name: str) -> bool:
    """Whether the person may see what the topic is about."""
    match = _TOPIC.fullmatch(name)
    if match is None or not can_somewhere(user, "view"):
        return False
    kind, number = match.groups()
    if kind == "change":
        return bool(changes.changes(user).filter(pk=int(number)).exists())
    if kind == "errand":
        scope = scope_of(user, "director.ask")
        errands = scope.narrow(Errand.objects.filter(pk=int(number)), "director__cluster")
        return scope.everywhere or bool(errands.exists())
    if kind:
        return bool(inventory.clusters(user).filter(pk=int(number)).exists())
    return True


def cluster_of(name: str) -> int | None:
    """The cluster whose samples the topic carries, None for other topics."""
    kind, _, number = name.partition(".")
    return int(number) if kind == "samples" else None
