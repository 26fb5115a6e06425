"""All that a history plays with: console, Redis, two hosts, and who has his turn."""

import random
from collections.abc import Callable

from django.db import connection

from lab.faults.boundaries import Boundaries, Here, Killed, Process
from lab.faults.clock import BEGIN
from lab.faults.console import People, Relay, Worker
from lab.faults.director import Host
from lab.faults.kernel import SimKernel
from lab.faults.names import DIRECTORS, own_key
from lab.faults.setting import Setting
from lab.faults.witness import Witness
from lvs.agent.sealing import key_id
from lvs.agent.streams import reports_stream

Turn = Callable[[], object]


class World:
    """One history's. `close` gives everything back for the next one."""

    def __init__(self, setting: Setting, boundaries: Boundaries, rng: random.Random) -> None:
        self.setting = setting
        self.rng = rng
        self.boundaries = boundaries
        self.clock = setting.clock
        self.clock.now, self.clock.offset = BEGIN, 0.0
        self._playing: list[Process] = []
        """Whose turns are under way, one in the middle of the other."""
        setting.reset()
        self.redis = setting.redis
        from apps.inventory.models import Director

        console = setting.console_key.public_key()
        self.hosts = {
            name: Host(
                name,
                Director.objects.get(name=name),
                own_key(name),
                {key_id(console): console},
                setting.redis_url,
                setting.folder / name,
            )
            for name in DIRECTORS
        }
        self.people = People(rng)
        self.consoles: dict[str, Process] = {}
        self._begin_consoles()
        boundaries.another = self._another
        boundaries.may_yield = self._may_yield
        boundaries.tick = lambda: self.clock.go_on(rng.random() * 0.02)
        boundaries.redis_clock = lambda: self.clock.now
        self.witness = Witness(boundaries.tell)
        for host in self.hosts.values():
            host.start()
            self.witness.watch(host)
        Here.now = boundaries

    def close(self) -> None:
        """Another history may begin."""
        Here.now = None
        for host in self.hosts.values():
            host.forget()

    # --- turns ---------------------------------------------------------------------------------

    def turns(self) -> list[tuple[Process, Turn]]:
        """Who may do what next; whatever died is started again by its supervisor, a moment later."""
        found: list[tuple[Process, Turn]] = [(self.people, self.people.act), *self.console_turns()]
        for host in self.hosts.values():
            found += host.processes()
        return found

    def console_turns(self) -> list[tuple[Process, Turn]]:
        """Those of relays and workers, in this order."""
        relays = [(one, one.step) for one in self.consoles.values() if isinstance(one, Relay)]
        workers = [(one, one.beat) for one in self.consoles.values() if isinstance(one, Worker)]
        return [*relays, *workers]

    def play(self, process: Process, turn: Turn) -> None:
        """Give a process its turn, to its end or to its death."""
        self.boundaries.tell(f"{self.clock.now - BEGIN:9.2f} {process.name}: {turn.__name__}")
        before, offset = self.boundaries.current, self.clock.offset
        machine = getattr(SimKernel, "machine", None)
        self._playing.append(process)
        self.boundaries.current, self.clock.offset = process, process.offset
        for host in self.hosts.values():
            if host.agent is process:
                SimKernel.machine = host.machine
                self.setting.boot = host.machine.boot
        try:
            turn()
        except Killed:
            self._bury(process)
        finally:
            self._playing.pop()
            self.boundaries.current, self.clock.offset = before, offset
            if machine is not None:
                SimKernel.machine = machine
                self.setting.boot = machine.boot

    def restart(self) -> None:
        """What died comes back: systemd starts it again."""
        self._begin_consoles()
        self.people.alive = True
        for host in self.hosts.values():
            host.start()

    def _begin_consoles(self) -> None:
        for name in ("worker 1", "worker 2", "relay 1", "relay 2"):
            if name not in self.consoles or not self.consoles[name].alive:
                kind = Worker if name.startswith("worker") else Relay
                self.consoles[name] = kind(name)

    def _bury(self, process: Process) -> None:
        """A dead process's transaction is rolled back by the database."""
        process.alive = False
        if process.uses_database and connection.connection is not None:
            connection.close()
            connection.in_atomic_block = False
            connection.savepoint_ids, connection.atomic_blocks = [], []
            connection.needs_rollback = connection.closed_in_transaction = False
            connection.run_on_commit = []
            connection.connection = None
        for host in self.hosts.values():
            if host.agent is process:
                host.agent = None

    def _may_yield(self) -> bool:
        return len(self._playing) < 3 and not connection.in_atomic_block

    def _another(self) -> None:
        """Another process has its turn in the middle of this one's.

        None that is in the middle of a turn itself: it may hold a lock, and would wait for itself for ever.
        """
        others = [
            (one, turn) for one, turn in self.turns() if one.alive and one not in self._playing
        ]
        self.play(*self.rng.choice(others))

    # --- the end -------------------------------------------------------------------------------

    def waits(self, process: Process) -> bool:
        """Whether messages wait for an agent."""
        hosts = [host for host in self.hosts.values() if host.agent is process]
        return any(self.redis.llen(host.director.queue) for host in hosts)

    def at_rest(self) -> bool:
        """Whether no run is open any more, and no report is on its way."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM jobs_run WHERE state IN ('waiting','queued','running','lost')"
            )
            if cursor.fetchone()[0]:
                return False
        return not any(
            self.redis.llen(host.director.queue)
            or self.redis.xlen(reports_stream(str(host.director.uuid)))
            or (host.agent and host.agent.reporter.waiting)
            for host in self.hosts.values()
        )
