"""Counters → samples: rates from the difference of two readings. Pure: its caller reads the clocks.

The kernel adds up the counters that it shows only once in two seconds (`estimation_timer` in its
`net/netfilter/ipvs/ip_vs_est.c`), so a reading each second finds all of them unchanged every other
time. A rate is therefore what such a sum brought, over its two seconds, until the next one is due.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from lvs.addresses import endpoint
from lvs.agent.streams import Message, row_id, sample
from lvs.counters import Counters, ServiceCounters

Row = list[Any]
Rates = tuple[float | int | None, ...]
_UNKNOWN: Rates = (None,) * len(Counters._fields)
_IDLE: Rates = (0,) * len(Counters._fields)

COUNTED_EVERY = 2.0
"""Seconds between two sums of the kernel."""


class _Seen(NamedTuple):
    """What is remembered of one row."""

    counters: Counters
    changed_at: float
    """When the counters were last seen to change, or first seen at all; steady seconds."""
    rates: Rates


class Sampler:
    """Remembers the last reading of one director, and makes each new one a sample."""

    def __init__(self) -> None:
        self._seq = 0
        self._read_at: float | None = None
        self._before: dict[str, _Seen] = {}

    def take(self, services: Iterable[ServiceCounters], *, at: float, monotonic: float) -> Message:
        """The sample of one reading, as `lvs.agent.streams.sample` shapes it.

        at: unix seconds, for people; monotonic: seconds of a clock that nobody sets, for rates.
        Rates are null where no earlier value is known or a counter went backwards, as it does when
        a service was removed and added again, or its counters were set to zero.
        """
        interval = None if self._read_at is None else monotonic - self._read_at
        rows: dict[str, Row] = {}
        seen: dict[str, _Seen] = {}
        for name, values, counters in _readings(services):
            known = self._before.get(name)
            seen[name] = _look(known, counters, monotonic, interval or 0.0)
            rows[name] = [*values, *counters, *seen[name].rates]
        self._seq += 1
        self._read_at, self._before = monotonic, seen
        rounded = None if interval is None else round(interval, 3)
        return sample(at=at, seq=self._seq, interval=rounded, rows=rows)


def _look(before: _Seen | None, counters: Counters, now: float, interval: float) -> _Seen:
    """What a row shows now. interval: seconds since the reading before."""
    if before is None:
        return _Seen(counters, now, _UNKNOWN)
    if counters == before.counters:
        # The next sum may come just after a reading: wait for nearly one reading more.
        wait = COUNTED_EVERY + 0.9 * min(interval, 1.0)
        overdue = now - before.changed_at > wait
        return before._replace(rates=_IDLE) if overdue else before
    gains = [new - old for new, old in zip(counters, before.counters, strict=True)]
    if min(gains) < 0:
        return _Seen(counters, now, _UNKNOWN)
    # A longer interval held more than one sum.
    period = max(COUNTED_EVERY, interval)
    return _Seen(counters, now, tuple(round(gain / period, 2) if gain else 0 for gain in gains))


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
