"""What was seen in the kernel, and which of it is ours: pure."""

from typing import NamedTuple

from lvs.model import Scope, Table


class Observation(NamedTuple):
    """One stable reading of the kernel, and which of it is ours."""

    table: Table
    owned: Scope
    owned_digest: str


def observation_of(table: Table, owned: Scope) -> Observation:
    """The reading, and what of the owned parts is there."""
    ours = table.only(owned)
    return Observation(table, ours.scope, ours.digest)
