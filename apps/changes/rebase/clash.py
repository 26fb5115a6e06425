"""One part of a table that both sides changed, each in another way."""

import hashlib
from typing import Any, Literal, NamedTuple

Side = Literal["theirs", "mine"]
SIDES: tuple[Side, ...] = ("theirs", "mine")

Kind = Literal["service", "server", "timeout", "sync", "sysctl"]


class Clash(NamedTuple):
    """A part with its three values; of one that a side doesn't have, the value is None.

    base, theirs, mine: a `VirtualService`, a `RealServer`, seconds, sync daemons, or a sysctl's value.
    """

    kind: Kind
    place: tuple[str, ...]
    """Names for people, from the outside in: the service, its real server."""
    fields: tuple[str, ...]
    """The fields of the model that are meant; none = the part as a whole, which one side removed."""
    base: Any
    theirs: Any
    mine: Any
    chosen: Side | None = None

    @property
    def key(self) -> str:
        """Names the part and what each side has: a choice between other values is none between these."""
        values = [self.values_of(part) for part in (self.base, self.theirs, self.mine)]
        seen = hashlib.sha256(repr(values).encode()).hexdigest()[:12]
        return "/".join((self.kind, *self.place, *self.fields[:1], seen))

    def values_of(self, part: Any) -> Any:
        """Of one side's value only what the clash is about."""
        if part is None or not self.fields:
            return part
        return tuple(getattr(part, name) for name in self.fields)
