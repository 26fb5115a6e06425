"""What may keep a real server from draining, or hurt its clients as it does: said before it begins."""

from collections.abc import Iterator

from apps.inventory.models import Cluster
from apps.telemetry.selectors import status_of
from lvs.doctor.host import Host
from lvs.doctor.judge_draining import judge_draining
from lvs.model import Table, VirtualService


def warnings_of(cluster: Cluster, head: Table, service: VirtualService) -> list[str]:
    """Sentences; of directors only as far as they have told. The three sysctls are each director's own:
    those of which the same is to be said are named together."""
    found = list(_of_the_service(service))
    table = head._replace(services=(service,))
    whose: dict[str, list[str]] = {}
    for director in cluster.directors.select_related("status").order_by("name"):
        for warning in _of_the_host(status_of(director), table):
            whose.setdefault(warning, []).append(director.name)
    return found + [f"{', '.join(names)}: {warning}" for warning, names in whose.items()]


def _of_the_service(service: VirtualService) -> Iterator[str]:
    if service.scheduler == "mh" and "mh-fallback" not in service.flags:
        yield (
            "mh keeps a real server of weight 0 in its table: without the flag mh-fallback the clients "
            "that it picks it for are refused. Add the flag first."
        )
    if service.persistence:
        yield (
            f"Clients stick to their real server for {service.persistence} seconds: some may come back "
            "to it while it drains."
        )


def _of_the_host(status: object, table: Table) -> Iterator[str]:
    observed = getattr(status, "observed", None)
    if not observed:
        yield "It has not told its sysctls: whether they hinder the drain is not known."
        return
    sysctls = {f"net/ipv4/vs/{s}": str(value) for s, value in observed.get("sysctls", {}).items()}
    for finding in judge_draining(Host(sysctls=sysctls), table):
        if finding.level in ("warning", "unknown") and finding.code != "drain.run_estimation":
            yield f"{finding.subject}: {finding.title}. {finding.why}"
