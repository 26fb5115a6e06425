"""What befalls hosts, networks and stores from outside, between the turns of processes."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from lab.faults.console import SERVERS, SERVICES
from lab.faults.director import Host, read_redis
from lab.faults.world import World
from lvs.agent.streams import reports_stream
from lvs.state import StateFolder

FOREIGN = SERVICES[0]._replace(address="203.0.113.9", scheduler="lc", real_servers=SERVERS[2:])
"""What another program puts into kernels."""


class Weather:
    """Each event is counted by its name."""

    def __init__(self, world: World, rng: random.Random, happened: Counter[str]) -> None:
        self._world = world
        self._rng = rng
        self._happened = happened
        self._recorded: list[tuple[Host, bytes]] = []
        """Messages that somebody on the network wrote down."""
        self._events: dict[str, tuple[int, Callable[[], None]]] = {
            "time passes": (30, self._time),
            "a long time passes": (2, self._long_time),
            "agent killed": (6, self._kill_agent),
            "console process killed": (6, self._kill_console),
            "host rebooted": (2, self._reboot),
            "power cut": (3, self._power_cut),
            "table changed by hand": (3, self._hand),
            "service of another program": (3, self._foreign),
            "clock set wrong": (2, self._clock),
            "kernel refuses a step": (4, self._refusal),
            "Redis lost its data": (3, self._flush),
            "Redis away": (3, lambda: self._away("redis")),
            "database away": (3, lambda: self._away("database")),
            "disks full": (3, lambda: self._away("disk")),
            "message doubled": (4, self._double),
            "message lost": (4, self._lose),
            "message altered": (3, self._alter),
            "message misdirected": (3, self._misdirect),
            "message replayed": (4, self._replay),
            "report lost": (3, self._lose_report),
            "report replayed": (3, self._replay_report),
            "report forged": (3, self._forge_report),
        }

    def blow(self) -> None:
        """One event. Messages that pass are written down by somebody."""
        self._write_down()
        names = list(self._events)
        (name,) = self._rng.choices(names, [self._events[name][0] for name in names])
        self._world.boundaries.tell(f"  {name}")
        self._events[name][1]()
        self._happened[name] += 1

    def calm(self) -> None:
        """Everything can be reached, clocks are right, and everybody lives."""
        world = self._world
        world.boundaries.down.clear()
        for host in world.hosts.values():
            host.clock_offset = 0.0
            host.machine.refuse_next = 0
            if host.agent:
                host.agent.offset = 0.0
        world.restart()

    # --- time, processes, hosts ------------------------------------------------------------------

    def _host(self) -> Host:
        return self._rng.choice(list(self._world.hosts.values()))

    def _time(self) -> None:
        self._world.clock.go_on(self._rng.random() * 12)
        if self._rng.random() < 0.5:
            self._world.boundaries.down.clear()
            self._world.restart()

    def _long_time(self) -> None:
        self._world.clock.go_on(self._rng.choice((60, 400, 1200)))

    def _kill_agent(self) -> None:
        self._host().kill()

    def _kill_console(self) -> None:
        consoles = self._world.consoles
        consoles[self._rng.choice(list(consoles))].alive = False
        self._world.restart()

    def _reboot(self) -> None:
        self._host().reboot()

    def _power_cut(self) -> None:
        self._host().power_cut(self._rng.random())

    def _clock(self) -> None:
        host = self._host()
        host.clock_offset = self._rng.choice((-600.0, 600.0, -30.0, 30.0, 0.0))
        if host.agent:
            host.agent.offset = host.clock_offset

    def _hand(self) -> None:
        host = self._host()
        ours = [key for key in host.machine.services if key not in host.foreign]
        if not ours:
            return
        host.hands += 1
        key = self._rng.choice(ours)
        if self._rng.random() < 0.3:
            host.machine.drop(key)
            return
        service = host.machine.services[key]
        host.machine.services[key] = service._replace(scheduler="sed")

    def _foreign(self) -> None:
        host = self._host()
        for key in host.foreign:
            host.machine.drop(key)
        if host.foreign:
            host.foreign.clear()
            return
        wanted = self._rng.choice((FOREIGN, FOREIGN._replace(address=SERVICES[2].address)))
        state = StateFolder(host.folder).load().in_boot(host.machine.boot)
        # Perhaps one that we will want, too; what is ours already is no other program's.
        if wanted.key not in state.owned.services | host.machine.services.keys():
            host.machine.put(wanted)
            host.foreign[wanted.key] = wanted

    def _refusal(self) -> None:
        self._host().machine.refuse_next = self._rng.randint(1, 4)

    def _flush(self) -> None:
        self._world.redis.flushall()

    def _away(self, what: str) -> None:
        self._world.boundaries.down.add(what)

    # --- messages ------------------------------------------------------------------------------

    def _write_down(self) -> None:
        for host in self._world.hosts.values():
            for text in read_redis(self._world.redis, host.director.queue):
                if (host, text) not in self._recorded[-20:]:
                    self._recorded.append((host, text))

    def _double(self) -> None:
        host = self._host()
        for text in read_redis(self._world.redis, host.director.queue):
            self._world.redis.lpush(host.director.queue, text)

    def _lose(self) -> None:
        self._world.redis.delete(self._host().director.queue)

    def _alter(self) -> None:
        if self._recorded:
            host, text = self._rng.choice(self._recorded)
            touched = bytearray(text)
            place = text.index(b'"body"') + 12
            at = self._rng.randrange(place, min(len(text), place + 600))
            touched[at : at + 1] = self._rng.choice((b"A", b"B", b"x", b"0"))
            self._world.redis.lpush(host.director.queue, bytes(touched))

    def _misdirect(self) -> None:
        if self._recorded:
            host, text = self._rng.choice(self._recorded)
            others = [other for other in self._world.hosts.values() if other is not host]
            self._world.redis.lpush(self._rng.choice(others).director.queue, text)

    def _replay(self) -> None:
        if self._recorded:
            host, text = self._rng.choice(self._recorded)
            self._world.redis.lpush(host.director.queue, text)

    def _entries(self, host: Host) -> list[Any]:
        found: Any = self._world.redis.xrange(reports_stream(str(host.director.uuid)), count=50)
        return list(found)

    def _lose_report(self) -> None:
        host = self._host()
        if entries := self._entries(host):
            number, _ = self._rng.choice(entries)
            self._world.redis.xdel(reports_stream(str(host.director.uuid)), number)

    def _replay_report(self) -> None:
        host = self._host()
        if entries := self._entries(host):
            _, fields = self._rng.choice(entries)
            self._world.redis.xadd(reports_stream(str(host.director.uuid)), fields)

    def _forge_report(self) -> None:
        """One director speaks in the name of the other."""
        host, other = self._rng.sample(list(self._world.hosts.values()), 2)
        if entries := self._entries(host):
            _, fields = self._rng.choice(entries)
            text = fields[b"m"].replace(
                str(host.director.uuid).encode(), str(other.director.uuid).encode()
            )
            forged = fields | {b"m": text}
            self._world.redis.xadd(reports_stream(str(other.director.uuid)), forged)
