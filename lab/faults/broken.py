"""The stage of `lab.faults.slow`: a story whose parts fail."""

import itertools
import subprocess
import time

from lab.faults.proxy import Proxy
from lab.html import Page
from lab.postgresql import Server
from lab.stack import Stack
from lab.story import VIP, Story, assert_equal

RESEND = 45.0
"""Seconds within which a change comes through once nothing is broken any more: it is sent again after 10 s,
and whoever paused longest tries again after 30 s."""


class Broken(Story):
    """A story whose parts fail."""

    def __init__(self, stack: Stack, postgresql: Server, proxy: Proxy) -> None:
        super().__init__(stack)
        self.postgresql = postgresql
        self.proxy = proxy
        self._weights = itertools.cycle(range(2, 90))

    def propose(self) -> str:
        """Another weight for web1, in review; the weight."""
        weight = str(next(self._weights))
        self.new_change(f"Weight {weight} for web1", "A part will fail")
        page = self.page("operator", self.change_path(f"services/tcp-{VIP}-80/"))
        fields = {"servers__0__weight": weight, "servers__1__weight": "1"}
        self.sign_in("operator").send(page, "servers-0-address", **fields)
        self.submit()
        return weight

    def submit(self, **fields: str) -> Page:
        """As always; until it is known again what the director holds, it is refused, and sent once more."""
        until = time.monotonic() + 15
        while True:
            try:
                return super().submit(**fields)
            except AssertionError:
                if time.monotonic() > until:
                    raise
                time.sleep(1)

    def comes_through(self, weight: str, also: tuple[str, ...] = ()) -> None:
        """The change is applied, the kernel holds it, and the audit log tells of each act once.

        also: further acts that it must tell of.
        """
        self.wait_applied(RESEND)
        assert_equal([line.split()[-1] for line in self.table()][1:], [weight, "1"])
        # A short run may have ended before a relay came to its beginning.
        acts = [act for act in self.acts() if act.startswith("run.") and act != "run.started"]
        assert_equal(sorted(acts), sorted(["run.queued", "run.verified", *also]))

    def acts(self) -> list[str]:
        """What the audit log tells of the change, straight from the database."""
        return self.sql(
            f"SELECT action FROM audit_auditrecord WHERE change_number = {self.change} ORDER BY id"
        ).split()

    def sql(self, text: str) -> str:
        """What psql prints for it, past the console."""
        command = ["psql", "-qAt", "-v", "ON_ERROR_STOP=1", self.postgresql.url, "-c", text]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def redis(self, *words: str) -> str:
        """redis-cli, past the proxy."""
        command = ["redis-cli", "--no-auth-warning", "-u", self.stack.redis_url, *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def on_director(self, *command: str) -> None:
        """A command on the director's host."""
        done = self.stack.lab.run(list(command))
        assert done.returncode == 0, done.stderr

    def while_broken(self, seconds: float) -> None:
        """The pages answer, and call nothing verified that the kernel does not hold."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.state()
            time.sleep(0.5)
