"""A director of a history: its host with kernel and disk, and the agent that lives and dies on it."""

import json
import shutil
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lab.faults.boundaries import Process
from lab.faults.disk import DISK
from lab.faults.kernel import Machine
from lvs.agent.config import Config, RedisLink
from lvs.agent.console_keys import ConsoleKeys
from lvs.agent.envelope import Order
from lvs.agent.errands import Errands
from lvs.agent.inbox import Inbox, Me
from lvs.agent.link import connect
from lvs.agent.memory import Memory
from lvs.agent.orders import Orders
from lvs.agent.reporter import Reporter
from lvs.agent.streams import Message, queue_name
from lvs.agent.watcher import Watcher
from lvs.documents import table_from_document
from lvs.state import StateFolder


class NotingMemory(Memory):
    """The agent's own, which also tells the history when it noted a revision as verified."""

    def __init__(self, host: "Host") -> None:
        super().__init__(host.folder)
        self._host = host

    def note_verified(self, order: Order) -> None:
        """As it does, and told to the host."""
        super().note_verified(order)
        # Perhaps long after it was seen equal: an agent is killed in between, and the machine boots anew.
        self._host.noted[order.revision] = self._host.equal_in.get(
            order.revision, self._host.machine.boots
        )
        wanted = table_from_document(order.table)
        if self._host.machine.table().only(wanted.scope) == wanted:
            self._host.hands = 0  # what was changed by hand before is as it should be again

    def note_finished(self, order: Order, message: Message) -> None:
        """As it does; the host knows which of several attempts it was that ended."""
        self._host.ended[order.run] = order
        super().note_finished(order, message)


class Agent(Process):
    """One life of the agent: what it holds in memory is gone with it."""

    def __init__(self, host: "Host") -> None:
        super().__init__(f"agent {host.name}", uses_database=False)
        self.offset = host.clock_offset
        config = host.config
        self.state = StateFolder(config.state_dir)
        memory = NotingMemory(host)
        self.reporter = Reporter(config, memory)
        keys = ConsoleKeys(config.state_dir, config.console_keys)
        self.watcher = Watcher(config.director, self.state, memory, self.reporter, keys)
        orders = Orders(config.director, self.state, memory, self.reporter, self.watcher)
        self.inbox = Inbox(
            Me(config.director, config.identity),
            keys,
            orders,
            Errands(config.director, self.state, self.reporter),
            self.reporter,
        )
        self._queue = queue_name(config.director)
        self._client = connect(config.redis, timeout=2.0)

    def take_one(self) -> bool:
        """The next message of the queue, as Celery's worker takes it; whether there was one."""
        try:
            text: Any = self._client.rpop(self._queue)
        except redis.RedisError:
            return False  # it comes back by itself
        if text is None:
            return False
        try:
            (envelope,), _, _ = json.loads(b64decode(json.loads(text)["body"]))
        except (ValueError, TypeError, KeyError):
            self.inbox.refuse("the message can't be read")
        else:
            self.inbox.receive(envelope)
        return True

    def look(self) -> None:
        """One tick of the watcher."""
        self.watcher.tick()

    def report(self) -> None:
        """Bring what waits to Redis, until that is away."""
        while self.reporter.waiting and self.reporter.send_next(self._client):
            continue


class Host:
    """A machine: its kernel, its disk, its clock, and the agent when it runs."""

    def __init__(
        self,
        name: str,
        director: Any,
        key: Ed25519PrivateKey,
        console_keys: dict[str, Ed25519PublicKey],
        redis_url: str,
        folder: Path,
    ) -> None:
        self.name = name
        self.director = director
        self.machine = Machine(name)
        self.clock_offset = 0.0
        self.folder = folder
        self.config = Config(
            str(director.uuid), name, RedisLink(redis_url), key, console_keys, folder, 1.0
        )
        self.agent: Agent | None = None
        self.foreign: dict[Any, Any] = {}
        """Services that somebody else put into the kernel, by key: as they must stay."""
        self.hands = 0
        """How often somebody changed what is ours by hand since it was verified last."""
        self.noted: dict[int, int] = {}
        """In which life of its kernel a revision that was noted as verified was seen equal last."""
        self.equal_in: dict[int, int] = {}
        """The same of all that were seen equal, noted or not."""
        self.ended: dict[int, Order] = {}
        """The attempt at a run that came to an end last: the very order that was under way."""

    def start(self) -> None:
        """The agent begins, if it doesn't run."""
        if self.agent is None or not self.agent.alive:
            self.agent = Agent(self)

    def kill(self) -> None:
        """As `kill -9` does."""
        if self.agent is not None:
            self.agent.alive = False
            self.agent = None

    def reboot(self) -> None:
        """The kernel and all processes begin anew; the disk stays."""
        self.kill()
        self.machine.reboot()
        self.foreign.clear()

    def power_cut(self, kept: float) -> None:
        """A reboot that nobody asked for. kept: how much reached the disk of what was on its way, 0 to 1."""
        self.reboot()
        DISK.cut(self.folder, kept)

    def forget(self) -> None:
        """Another history begins."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def processes(self) -> list[tuple[Agent, Callable[[], object]]]:
        """What the agent may do next."""
        if self.agent is None or not self.agent.alive:
            return []
        agent = self.agent
        return [(agent, agent.take_one), (agent, agent.look), (agent, agent.report)]


def read_redis(client: "redis.Redis", key: str) -> list[bytes]:
    """All messages of a list."""
    found: Any = client.lrange(key, 0, -1)
    return list(found)
