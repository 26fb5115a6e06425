"""Is this host fit to be a director for this table: every finding. Pure."""

from lvs.doctor.finding import Finding
from lvs.doctor.host import Host
from lvs.doctor.judge_addresses import judge_addresses
from lvs.doctor.judge_draining import judge_draining
from lvs.doctor.judge_forwarding import judge_forwarding
from lvs.doctor.judge_kernel import judge_kernel
from lvs.doctor.judge_routes import judge_routes
from lvs.doctor.judge_sync import judge_sync
from lvs.doctor.judge_tunnels import judge_tunnels
from lvs.model import Table

_JUDGES = (
    judge_kernel,
    judge_addresses,
    judge_routes,
    judge_forwarding,
    judge_tunnels,
    judge_sync,
    judge_draining,
)


def judge(host: Host, table: Table) -> tuple[Finding, ...]:
    """What each judge finds, in the way of a packet."""
    return tuple(finding for judge_part in _JUDGES for finding in judge_part(host, table))
