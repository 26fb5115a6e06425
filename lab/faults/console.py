"""The console's processes of a history: people at the web, two workers, two relays."""

import random
import threading
from collections.abc import Callable
from typing import Any

import redis
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError

from apps.accounts.models import User
from apps.changes import services as changes
from apps.changes.errors import ChangeError
from apps.changes.models import Change
from apps.inventory.models import Cluster
from apps.jobs import services as jobs
from apps.jobs.relay.reports import ReportReader
from apps.trust.signing import SigningKeyError
from lab.faults.boundaries import Process
from lvs.model import RealServer, VirtualService
from lvsconsole.redis_client import connect

SERVERS = tuple(RealServer(f"192.0.2.{number}", 80) for number in (11, 12, 13))
SERVICES = tuple(
    VirtualService(
        *("inet", "tcp", f"198.51.100.{number}", 80, 0), scheduler="wrr", real_servers=SERVERS[:2]
    )
    for number in (1, 2, 3)
)


class Worker(Process):
    """The console's worker: one beat of all that concerns delivery."""

    def __init__(self, name: str) -> None:
        super().__init__(name, uses_database=True)
        self._beats = 0

    def beat(self) -> None:
        """Each task by itself, as Celery runs them: an error of one keeps no other. Some come less often."""
        self._beats += 1
        often = [jobs.begin_what_is_due, jobs.deliver_outbox]
        seldom = [jobs.reap_runs, self._keys] if self._beats % 3 == 1 else []
        for task in (*often, *seldom):
            try:
                task()
            except (DatabaseError, redis.RedisError):
                continue  # the next beat comes

    @staticmethod
    def _keys() -> None:
        try:
            jobs.spread_keys()
        except SigningKeyError:
            return


class Relay(Process):
    """One relay's reading of reports, step by step."""

    def __init__(self, name: str) -> None:
        super().__init__(name, uses_database=True)
        self._stop = threading.Event()
        self._reader: ReportReader | None = None

    def step(self) -> None:
        """Begin, or go on; after an error it begins anew, as the process does."""
        try:
            if self._reader is None:
                reader = ReportReader(self.name)
                reader.begin(connect(), self._stop)
                self._reader = reader
            self._reader.step(self._stop)
        except (DatabaseError, redis.RedisError):
            self._reader = None


class People(Process):
    """An operator, an approver, and somebody for emergencies, at one web process.

    `approved`: what each approval named, as (cluster, digest): the witness of what may reach a kernel.
    """

    def __init__(self, rng: random.Random) -> None:
        super().__init__("web", uses_database=True)
        self._rng = rng
        self.approved: set[tuple[int, str]] = set()
        self.done = 0

    def act(self) -> None:
        """One request: propose, approve, reject, withdraw or confirm. What is refused is refused."""
        acts: tuple[Callable[..., None], ...] = (
            self._propose,
            self._approve,
            self._reject,
            self._withdraw,
            self._roll_back,
        )
        try:
            waiting = list(Change.objects.filter(state=Change.State.IN_REVIEW).order_by("pk"))
            weights = (4, 8, 1, 1, 1) if waiting else (8, 0, 0, 0, 1)
            (act,) = self._rng.choices(acts, weights)
            act(self._rng.choice(waiting) if waiting else None)
            self.done += 1
        except (ChangeError, PermissionDenied, DatabaseError):
            return

    def _propose(self, _: Any) -> None:
        operator = User.objects.get(username="operator")
        cluster = Cluster.objects.get()
        change = changes.open_draft(actor=operator, cluster=cluster, title="A change", reason="x")
        held = {service["address"] for service in change.table["services"]}
        service = self._rng.choice(SERVICES)
        if service.address in held and self._rng.random() < 0.3:
            change = changes.remove_service(
                actor=operator, change=change, version=change.version, key=service.key
            )
        else:
            change = changes.put_service(
                actor=operator,
                change=change,
                version=change.version,
                old_key=service.key if service.address in held else None,
                service=self._edited(service),
            )
        jobs.submit_and_start(actor=operator, change=change, allow_empty=True)

    def _edited(self, service: VirtualService) -> VirtualService:
        weighted = [
            server._replace(weight=self._rng.randint(0, 3))
            for server in SERVERS
            if self._rng.random() < 0.7
        ]
        scheduler = self._rng.choice(("rr", "wrr", "lc"))
        return service._replace(scheduler=scheduler, real_servers=tuple(weighted))

    def _approve(self, change: Change) -> None:
        # Noted before: the commit may take place and its answer get lost.
        self.approved.add((change.cluster_id, change.digest))
        jobs.approve_and_start(
            actor=User.objects.get(username="approver"), change=change, digest=change.digest
        )

    def _reject(self, change: Change) -> None:
        changes.reject_change(
            actor=User.objects.get(username="approver"),
            change=change,
            digest=change.digest,
            comment="No",
        )

    def _withdraw(self, change: Change) -> None:
        changes.withdraw_change(actor=User.objects.get(username="operator"), change=change)

    def _roll_back(self, _: Any) -> None:
        """An emergency: back to a revision that was applied, at once, reviewed after."""
        cluster = Cluster.objects.get()
        applied = list(cluster.revisions.filter(applied_at__isnull=False).order_by("number"))
        if not applied:
            return
        somebody = User.objects.get(username="emergency")
        revision = self._rng.choice(applied)
        change = changes.open_rollback(actor=somebody, revision=revision, title="Back")
        self.approved.add((cluster.pk, change.digest))
        jobs.submit_and_start(actor=somebody, change=change, emergency=True, allow_empty=True)
