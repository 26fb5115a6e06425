"""An agent without Celery and Redis, over a played kernel: it can be killed, and its host restarted."""

import time
from types import SimpleNamespace

import pytest

from lab.faults.kernel import Machine, SimKernel
from lvs.agent.envelope import Order
from lvs.agent.memory import Memory
from lvs.agent.orders import Orders
from lvs.agent.watcher import Watcher
from lvs.canonical_form import make_table
from lvs.documents import table_to_document
from lvs.model import RealServer, VirtualService
from lvs.state import StateFolder

DIRECTOR = "11111111-2222-3333-4444-555555555555"


class Said:
    def __init__(self):
        self.messages = []

    def put(self, message):
        self.messages.append(message)

    def of(self, kind):
        return [m for m in self.messages if m["type"] == kind]


def service(port=80, scheduler="rr", servers=("192.168.1.103",)):
    return VirtualService(
        "inet",
        "tcp",
        "192.168.49.134",
        port,
        0,
        scheduler=scheduler,
        real_servers=tuple(RealServer(s, port) for s in servers),
    )


def table(*services, **more):
    return make_table(services, **more)


def order(wanted, *, cluster="1", revision=1, run=1, expected="", adopt=False):
    now = time.time()
    return Order(
        director=DIRECTOR,
        identity="x",
        cluster=cluster,
        revision=revision,
        run=run,
        change=run,
        digest=wanted.digest,
        expected_digest=expected,
        adopt=adopt,
        approval={"change": run, "digest": wanted.digest, "basis": "people", "approvers": ["ann"]},
        not_before=now,
        expires=now + 600,
        table=table_to_document(wanted),
    )


class Host:
    def __init__(self, tmp_path, monkeypatch):
        self.folder = tmp_path
        self.machine = SimKernel.machine = Machine("lb1")
        import lvs.agent.watcher
        import lvs.apply

        for module in (lvs.agent.watcher, lvs.apply):
            monkeypatch.setattr(module, "Kernel", SimKernel)
            monkeypatch.setattr(module, "current_boot", lambda: self.machine.boot)
        self.start()

    def start(self):
        """The agent begins anew, as after kill -9."""
        self.said = Said()
        self.state = StateFolder(self.folder)
        self.memory = Memory(self.folder)
        keys = SimpleNamespace(problem="", trusted=dict)
        self.watcher = Watcher(DIRECTOR, self.state, self.memory, self.said, keys)
        self.orders = Orders(DIRECTOR, self.state, self.memory, self.said, self.watcher)

    def reboot(self):
        self.machine.reboot()
        self.start()

    def obey(self, one):
        self.orders.obey(one)
        return self.said.of("run_finished")[-1]

    def obey_and_die(self, one):
        """The agent is killed after the first step of the order that it writes; how many it wrote."""
        wrote = []

        def die(step):
            wrote.append(step)
            raise Killed

        self.machine.on_write = die
        with pytest.raises(Killed):
            self.orders.obey(one)
        self.machine.on_write = lambda step: None
        return len(wrote)

    def beat(self):
        self.watcher.tick()
        return self.said.of("heartbeat")[-1]


class Killed(BaseException):
    """kill -9."""


@pytest.fixture
def host(tmp_path, monkeypatch):
    return Host(tmp_path, monkeypatch)
