"""What all histories share: the database before anything happened, a Redis, a folder, the clock."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from base64 import b64encode
from pathlib import Path
from typing import Any
from unittest import mock

import redis

from lab.faults.clock import Clock
from lab.faults.disk import DISK
from lab.faults.names import own_key
from lab.parts import free_port


class Setting:
    """Made once for a process. Use as context manager."""

    def __init__(self) -> None:
        shared_memory = Path("/dev/shm")
        self._temporary = tempfile.TemporaryDirectory(
            prefix="lvs-faults-", dir=shared_memory if shared_memory.is_dir() else None
        )
        self.root = Path(self._temporary.name)
        self.folder = self.root / "hosts"
        self._base, self._database = self.root / "base.sqlite3", self.root / "console.sqlite3"
        self._redis_process: subprocess.Popen[bytes] | None = None
        self.redis_url = ""
        self.clock = Clock()
        self.boot = ""
        """Of the host whose process has its turn."""
        self.console_key = own_key("console")

    def __enter__(self) -> "Setting":
        self._start_redis()
        self._set_up_django()
        self._patch()  # first: the thread that tells pages would move the clock
        self._make_base()
        self.clock.start()
        from lab.faults import patches

        patches.start()
        return self

    def __exit__(self, *error: object) -> None:
        from lab.faults import patches

        patches.stop()
        self.clock.stop()
        mock.patch.stopall()
        from django.db import connection

        connection.close()
        self.redis.close()
        assert self._redis_process is not None
        self._redis_process.kill()
        self._redis_process.wait()
        self._temporary.cleanup()

    def reset(self) -> None:
        """Database, Redis and disks as before anything happened."""
        from django.db import connection

        connection.close()
        for path in self.root.glob("console.sqlite3*"):
            path.unlink()
        shutil.copyfile(self._base, self._database)
        self.redis.flushall()
        shutil.rmtree(self.folder, ignore_errors=True)
        DISK.forget()

    def _start_redis(self) -> None:
        """One of our own: another process may have found the same port free."""
        while not self._redis_is_ours():
            port = free_port()
            self.redis_url = f"redis://127.0.0.1:{port}/0"
            options = [
                "--port",
                str(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ]
            ends_with_us = ["setpriv", "--pdeathsig", "KILL", "--"]
            self._redis_process = subprocess.Popen(
                [*ends_with_us, "redis-server", *options],
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            self.redis: Any = redis.Redis.from_url(self.redis_url, protocol=2)
            for _ in range(100):
                if self._redis_process.poll() is not None or self._redis_is_ours():
                    break
                time.sleep(0.02)

    def _redis_is_ours(self) -> bool:
        if self._redis_process is None:
            return False
        try:
            return bool(self.redis.info("server")["process_id"] == self._redis_process.pid)
        except redis.ConnectionError:
            return False

    def _set_up_django(self) -> None:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "lvsconsole.settings",
            "LVS_SECRET_KEY": "f" * 50,
            "LVS_DATA_DIR": str(self.root),
            "LVS_DATABASE_URL": f"sqlite:///{self._database}",
            "LVS_REDIS_URL": self.redis_url,
            "LVS_LOG_LEVEL": "CRITICAL",
        }
        import django

        django.setup()

    def _make_base(self) -> None:
        from lab.faults.base import fill_database

        fill_database(self.console_key, self.clock)
        shutil.copyfile(self._database, self._base)

    def _patch(self) -> None:
        """What leads to other threads, to browsers and to this machine's own kernel."""
        from apps.jobs.services import send
        from apps.telemetry import push
        from lab.faults.kernel import SimKernel
        from lvs import apply
        from lvs.agent import watcher
        from lvsconsole import nudge

        mock.patch.object(push, "announce", lambda topic: None).start()
        mock.patch.object(nudge, "_nudge", lambda task: None).start()
        mock.patch.object(send, "app", _Sender()).start()
        for module in (apply, watcher):
            mock.patch.object(module, "Kernel", SimKernel).start()
            mock.patch.object(module, "current_boot", lambda: self.boot).start()
        mock.patch.object(apply, "missing_parts", lambda desired, found: []).start()
        mock.patch.object(watcher, "Facts", _Facts).start()
        from apps.jobs.relay import reports

        mock.patch.object(reports, "BLOCK_MS", None).start()
        mock.patch.object(reports, "CLAIM_IDLE_MS", 0).start()


class _Sender:
    """Sends as Celery does. Its own connections outlive a history, and no history would be like another."""

    def send_task(self, name: str, args: list[str], queue: str, **more: object) -> None:
        """One message in the queue, as kombu writes it."""
        from lvsconsole.redis_client import connect

        body = b64encode(json.dumps([args, {}, {}]).encode()).decode()
        message = {"body": body, "headers": {"task": name}, "content-type": "application/json"}
        with connect() as client:
            client.lpush(queue, json.dumps(message))


class _Facts:
    """What a host says of itself does not matter here."""

    def gather(self, info: object) -> dict[str, Any]:
        return {"kernel": "6.1", "all_schedulers": False, "schedulers": ["rr", "wrr", "lc"]}
