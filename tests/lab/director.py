"""A director under test: its agent in the lab, the console's side of Redis on the host."""

import json
import time
from dataclasses import replace
from pathlib import Path

import redis
from celery import Celery
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lvs.agent.envelope import Order, seal_order
from lvs.agent.errand import Errand, seal_errand
from lvs.agent.sealing import private_key_to_text, public_key_to_text
from lvs.agent.shapes import parse_report, parse_sample
from lvs.agent.streams import TASK, queue_name, reports_stream, samples_stream
from lvs.canonical_form import make_table
from lvs.documents import table_to_document
from lvs.model import RealServer, VirtualService
from tests.identities import heard, identity, own_key

PROJECT = Path(__file__).resolve().parents[2]
UUID = "0b4d8a52-7d5c-4b8e-9f5f-3f0c1f8a2b11"
PATIENCE = 30
"""Seconds to wait for what comes within one or two."""


def table(count=1, weight=1, scheduler="rr"):
    """`count` services on the lab's VIP, each with both real servers."""
    servers = (
        RealServer("192.168.1.103", 80, weight=weight),
        RealServer("192.168.1.104", 80),
    )
    return make_table(
        VirtualService(
            *("inet", "tcp", "192.168.49.134", 80 + number, 0),
            scheduler=scheduler,
            real_servers=servers,
        )
        for number in range(count)
    )


def wait_for(question, what):
    """The first true answer. Fails with `what` when there is none for a long time."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := question()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)
    return answer


class Director:
    """Starts and ends the agent, gives it orders, reads what it reports.

    state: the folder of its state; redis_url: as the host sees it.
    """

    def __init__(self, lab, state, redis_url):
        self.lab = lab
        self.state = state
        self.key = Ed25519PrivateKey.generate()
        self.redis = redis.Redis.from_url(redis_url, socket_timeout=5)
        self.celery = Celery(broker=redis_url, set_as_current=False)
        self.config = lab.writable / "agent.toml"
        self.log = lab.writable / "agent.log"
        self.log.touch()
        self.process = None
        self.configure(redis_url)

    def configure(self, redis_url):
        """Write the agent's configuration."""
        url = redis_url.replace("127.0.0.1", self.lab.host_address)
        values = {
            "director": UUID,
            "director_key": private_key_to_text(own_key(UUID)),
            "redis_url": url,
            "console_key": public_key_to_text(self.key.public_key()),
            "state_dir": str(self.state),
        }
        lines = [f"{name} = {json.dumps(value)}\n" for name, value in values.items()]
        self.config.write_text("".join(lines))

    # --- the agent's process ---------------------------------------------------------------------

    def start(self, *prefix):
        """Start the agent and wait until it reports; `prefix`: a command that runs it."""
        known = len(self.reports("heartbeat"))
        self.launch(*prefix)
        wait_for(lambda: len(self.reports("heartbeat")) > known, "a heartbeat")

    def launch(self, *prefix):
        """Start the agent."""
        self.process = self.lab.spawn(
            [*prefix, "python", "-m", "lvs.agent", "--config", str(self.config)],
            output=self.log,
            env={"PYTHONPATH": str(PROJECT)},
        )

    def stop(self):
        """SIGTERM; returns the exit status."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    @property
    def runs(self):
        """Whether the agent is running."""
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """SIGKILL, if it runs."""
        if self.runs:
            self.process.kill()
            self.process.wait(PATIENCE)

    def close(self):
        """No agent, no connections."""
        self.kill()
        self.redis.close()
        self.celery.close()

    # --- orders ----------------------------------------------------------------------------------

    def order(self, wanted, revision=1, run=None, **changes):
        """A genuine order, as the console makes it."""
        now = time.time()
        made = Order(
            director=UUID,
            identity=identity(UUID),
            cluster="web",
            revision=revision,
            run=run or revision,
            change=revision,
            digest=wanted.digest,
            expected_digest="",
            adopt=False,
            approval={"change": revision, "digest": wanted.digest, "approvers": ["approver"]},
            not_before=now,
            expires=now + 600,
            table=table_to_document(wanted),
        )
        return replace(made, **changes)

    def send(self, order):
        """Seal the order and put it into the director's queue."""
        self.send_text(seal_order(order, self.key))

    def send_text(self, envelope):
        """Put any text into the director's queue."""
        self.celery.send_task(TASK, args=[envelope], queue=queue_name(UUID))

    def obey(self, order):
        """Send the order and wait for the end of its run."""
        known = len(self.ends(order.run))
        self.send(order)
        wait_for(lambda: len(self.ends(order.run)) > known, f"the end of run {order.run}")
        return self.ends(order.run)[-1]

    # --- errands ---------------------------------------------------------------------------------

    def ask(self, kind, **arguments):
        """Give it an errand and wait for the answer; the answer and the error."""
        known = len(self.reports("errand_answered"))
        now = time.time()
        errand = Errand(UUID, identity(UUID), time.time_ns(), kind, arguments, now, now + 60)
        self.send_text(seal_errand(errand, self.key))
        wait_for(lambda: len(self.reports("errand_answered")) > known, f"an answer to “{kind}”")
        answered = self.reports("errand_answered")[-1]
        assert answered["errand"] == errand.errand
        return answered["answer"], answered["error"]

    # --- what it says ----------------------------------------------------------------------------

    def reports(self, *kinds):
        """Its reports of these types (none named: all), oldest first."""
        entries = self.redis.xrange(reports_stream(UUID))
        found = [parse_report(heard("report", UUID, fields), UUID) for _, fields in entries]
        for report in found:  # what is said again has a number of its own
            del report["number"], report["session"]
        return [report for report in found if not kinds or report["type"] in kinds]

    def ends(self, run):
        """The reports of the end of a run."""
        return [report for report in self.reports("run_finished") if report["run"] == run]

    def samples(self):
        """Its samples, oldest first."""
        entries = self.redis.xrange(samples_stream(UUID))
        return [parse_sample(heard("sample", UUID, fields)) for _, fields in entries]

    # --- the witnesses ---------------------------------------------------------------------------

    def ipvsadm(self, *arguments, rules=""):
        """Run ipvsadm on the director."""
        done = self.lab.run(["ipvsadm", *arguments], input=rules)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rules(self):
        """What the kernel holds, as `ipvsadm -Sn` says it."""
        return self.ipvsadm("-Sn").splitlines()

    def state_file(self):
        """Content and identity of the state file: equal only when nobody wrote it."""
        path = self.state / "state.json"
        return path.read_text(), path.stat().st_ino, path.stat().st_mtime_ns
