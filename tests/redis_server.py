"""A redis-server that a test can stop, start and pause."""

import signal
import subprocess
import time
from pathlib import Path

import redis


class RedisServer:
    """One server on 127.0.0.1, with its append-only file in `folder`: a restart keeps the data."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port = port
        self.folder = folder
        self.url = f"redis://127.0.0.1:{port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Does nothing when it runs."""
        if self._process and self._process.poll() is None:
            return
        options = {"port": str(self.port), "bind": "127.0.0.1", "save": ""}
        options |= {"appendonly": "yes", "appendfsync": "always"}
        command = ["redis-server", *(w for k, v in options.items() for w in (f"--{k}", v))]
        with (self.folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        self._wait()

    def stop(self) -> None:
        """End it, as a crash would: connections break, nothing more is written."""
        if self._process:
            self.resume()
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        self._signal(signal.SIGCONT)

    def flush(self) -> None:
        """Forget all data."""
        with redis.Redis(port=self.port) as client:
            client.flushall()

    def _signal(self, number: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(number)

    def _wait(self) -> None:
        deadline = time.monotonic() + 10
        with redis.Redis(port=self.port) as client:
            while not self._answers(client):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"redis-server does not answer: {self.folder}/redis.log")
                time.sleep(0.02)

    def _answers(self, client: redis.Redis) -> bool:
        """Whether ours answers. Raises RuntimeError when it ended: another one may have the port."""
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"redis-server ended at its start: {self.folder}/redis.log")
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False
