"""Counters → samples: rates from the difference of two readings. Pure: its caller reads the clocks."""

from collections.abc import Iterable, Iterator
from typing import Any

from lvs.addresses import endpoint
from lvs.agent.streams import Message, row_id, sample
from lvs.counters import Counters, ServiceCounters

Row = list[Any]
_UNKNOWN: tuple[None, ...] = (None,) * len(Counters._fields)


class Sampler:
    """Remembers the last reading of one director, and makes each new one a sample."""

    def __init__(self) -> None:
        self._seq = 0
        self._read_at: float | None = None
        self._before: dict[str, Counters] = {}

    def take(self, services: Iterable[ServiceCounters], *, at: float, monotonic: float) -> Message:
        """The sample of one reading, as `lvs.agent.streams.sample` shapes it.

        at: unix seconds, for people; monotonic: seconds of a clock that nobody sets, for rates.
        Rates are null where no earlier value is known or a counter went backwards, as it does when
        a service was removed and added again, or its counters were set to zero.
        """
        interval = None if self._read_at is None else monotonic - self._read_at
        rows: dict[str, Row] = {}
        totals: dict[str, Counters] = {}
        for name, values, counters in _readings(services):
            rates = _rates(self._before.get(name), counters, interval)
            rows[name] = [*values, *counters, *rates]
            totals[name] = counters
        self._seq += 1
        self._read_at, self._before = monotonic, totals
        rounded = None if interval is None else round(interval, 3)
        return sample(at=at, seq=self._seq, interval=rounded, rows=rows)


def _readings(services: Iterable[ServiceCounters]) -> Iterator[tuple[str, Row, Counters]]:
    """Name, `[active, inactive, persistent, weight]` and totals of each row, service before servers."""
    for service in services:
        name = str(service.key)
        servers = service.servers
        sums = [
            sum(s.active for s in servers),
            sum(s.inactive for s in servers),
            sum(s.persistent for s in servers),
        ]
        yield row_id(name), [*sums, None], service.counters
        for server in servers:
            values = [server.active, server.inactive, server.persistent, server.weight]
            yield (
                row_id(name, endpoint(server.address, server.port)),
                values,
                server.counters,
            )


def _rates(
    before: Counters | None, now: Counters, interval: float | None
) -> Iterable[float | int | None]:
    if before is None or not interval:
        return _UNKNOWN
    if before == now:
        return (0,) * len(now)
    gains = [new - old for old, new in zip(before, now, strict=True)]
    if min(gains) < 0:
        return _UNKNOWN
    return [round(gain / interval, 2) if gain else 0 for gain in gains]
