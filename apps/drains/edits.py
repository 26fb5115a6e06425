"""The changes that a drain makes: weight 0, its old weight, or gone."""

from typing import NamedTuple

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.changes.models import Change
from apps.changes.planning import check_known
from apps.changes.services import open_draft, put_service
from apps.drains.errors import DrainError
from apps.drains.models import Drain
from apps.inventory.models import Cluster
from apps.inventory.selectors import head_table
from apps.jobs.services import submit_and_start
from lvs.model import RealServer, ServiceKey, VirtualService


def service_in_head(cluster: Cluster, key: ServiceKey) -> VirtualService:
    """The service as the head has it. Raises DrainError when it has none."""
    service = head_table(cluster).by_key().get(key)
    if service is None:
        raise DrainError(f"The head of {cluster} has no service {key} any more.")
    return service


def server_in(service: VirtualService, address: str, port: int) -> RealServer:
    """The real server. Raises DrainError when the service has none such."""
    for server in service.real_servers:
        if server.key == (address, port):
            return server
    raise DrainError(f"{service} has no real server {address} port {port} any more.")


class Wish(NamedTuple):
    """Who wants a change of a drain, and why."""

    author: User
    reason: str


def set_weight(wish: Wish, drain: Drain, weight: int, title: str, *, allow_empty: bool) -> Change:
    """A submitted change that gives the real server this weight. Raises DrainError and ChangeErrors."""
    service = service_in_head(drain.cluster, drain.key)
    server = server_in(service, drain.address, drain.port)
    others = [s for s in service.real_servers if s.key != server.key]
    wanted = [*others, server._replace(weight=weight)]
    return _submitted(wish, drain, service, wanted, title, allow_empty=allow_empty)


def remove(wish: Wish, drain: Drain, title: str) -> Change:
    """A submitted change that takes the real server out. Raises DrainError and ChangeErrors."""
    service = service_in_head(drain.cluster, drain.key)
    server = server_in(service, drain.address, drain.port)
    others = [s for s in service.real_servers if s.key != server.key]
    return _submitted(wish, drain, service, others, title, allow_empty=True)


def _submitted(
    wish: Wish,
    drain: Drain,
    service: VirtualService,
    servers: list[RealServer],
    title: str,
    *,
    allow_empty: bool,
) -> Change:
    # Before a draft takes a number: while this isn't known, the clock asks again and again.
    require(wish.author, "change.submit", drain.cluster)
    check_known(drain.cluster.directors.select_related("status"))
    draft = open_draft(
        actor=wish.author, cluster=drain.cluster, title=title[:120], reason=wish.reason
    )
    draft = put_service(
        actor=wish.author,
        change=draft,
        version=draft.version,
        old_key=service.key,
        service=service._replace(real_servers=tuple(servers)),
    )
    return submit_and_start(actor=wish.author, change=draft, allow_empty=allow_empty)
