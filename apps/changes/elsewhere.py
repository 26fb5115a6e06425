"""Services of other clusters that claim the same address and port: what that means. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from apps.changes.abilities import listed
from apps.changes.models import Change
from apps.changes.networks import Reach, meeting_place
from apps.inventory.endpoints import Claim
from lvs.addresses import endpoint
from lvs.model import VirtualService
from lvs.rules import Problem


class Rival(NamedTuple):
    """Another cluster's claim: of its head (change 0), or of one of its changes."""

    claim: Claim
    cluster: int
    change: int = 0
    state: str = ""


class Known(NamedTuple):
    """What the person may know of another cluster."""

    name: str
    """"" = not even its name."""
    reach: Reach


class Setting(NamedTuple):
    """What the comparison needs to know beside the claims."""

    ours: Reach
    known: Mapping[int, Known]
    """Every cluster among the rivals, by its id."""
    held: frozenset[Claim] = frozenset()
    """What our own head claims: there the harm is done, and no edit is stopped for it."""
    tolerated: frozenset[str] = frozenset({"draft", "failed"})
    """States of others' changes that only warn: those that may never reach a kernel."""


def problems_elsewhere(
    services: Sequence[VirtualService], rivals: Iterable[Rival], setting: Setting
) -> list[Problem]:
    """One problem for each service and each cluster that claims it too and can be met; paths as
    `check_table`.

    An error; a warning where it isn't known whether directors share a network, and as `setting` says.
    """
    by_address: dict[str, list[Rival]] = {}
    for rival in rivals:
        by_address.setdefault(rival.claim.address, []).append(rival)
    problems: list[Problem] = []
    for index, service in enumerate(services):
        found = [r for r in by_address.get(service.address, ()) if _same(service, r.claim)]
        for rival in _strongest(found, setting):
            problem = _problem(service, rival, setting)
            problems += [problem.under("services", index)] if problem else []
    return problems


def _same(service: VirtualService, claim: Claim) -> bool:
    same_port = service.port == claim.port or 0 in (service.port, claim.port)
    return service.protocol == claim.protocol and same_port


def _strongest(rivals: Iterable[Rival], setting: Setting) -> list[Rival]:
    """Of each cluster one: its head, then what is surest, then the oldest."""
    first: dict[int, Rival] = {}
    for rival in sorted(rivals, key=lambda r: (r.state in setting.tolerated, r.change)):
        first.setdefault(rival.cluster, rival)
    return list(first.values())


def _problem(service: VirtualService, rival: Rival, setting: Setting) -> Problem | None:
    theirs = setting.known[rival.cluster]
    network = meeting_place(setting.ours, theirs.reach, service.address)
    if not network and not (setting.ours.silent or theirs.reach.silent):
        return None
    claim = f"{_who(rival, theirs)} {_what(service, rival.claim)}"
    held = Claim(service.protocol, service.address, service.port) in setting.held
    if not network:
        return _warning(f"{claim}. {_silence(setting.ours, theirs)}")
    message = f"{claim}, and its directors share the network {network} with these."
    if held or rival.state in setting.tolerated:
        return _warning(message)
    message += " Choose another address or port."
    return Problem(("address",), "claimed.elsewhere", message)


def _warning(message: str) -> Problem:
    return Problem(("address",), "claimed.perhaps", message, "warning")


def _silence(ours: Reach, theirs: Known) -> str:
    names = [*ours.silent, *(theirs.reach.silent if theirs.name else ())]
    who = f"{listed(names)} {'has' if len(names) == 1 else 'have'}" if names else "a director has"
    return f"Whether their directors share a network isn't known: {who} not told the addresses."


def _who(rival: Rival, theirs: Known) -> str:
    if not theirs.name:
        return "Another cluster, which you may not see,"
    if not rival.change:
        return f"Cluster {theirs.name}"
    state = Change.State(rival.state).label
    if rival.state == Change.State.APPLIED:  # it gave this up, and waits for its confirmation
        state = "which may still be taken back"
    return f"Change #{rival.change} of cluster {theirs.name} ({state})"


def _what(service: VirtualService, claim: Claim) -> str:
    if claim.port == service.port:
        return f"claims {service} too"
    other = endpoint(claim.address, claim.port)
    if claim.port == 0:
        return f"claims every port of {claim.protocol} {claim.address}"
    return f"claims {claim.protocol} {other}, one of the ports of {service}"
