"""A Redis of the soak's own, that keeps nothing."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.parts import Part, free_port


@contextmanager
def redis_server(folder: Path) -> Iterator[int]:
    """A server on loopback while the block lasts: its port. Raises PartFailed."""
    port = free_port()
    options = {"bind": "127.0.0.1", "port": str(port), "dir": str(folder), "save": ""}
    command = ["redis-server", *(word for k, v in options.items() for word in (f"--{k}", v))]
    part = Part("redis", command, folder / "redis.log", os.environ, folder)

    def answers() -> bool:
        ping = ["redis-cli", "-p", str(port), "ping"]
        return subprocess.run(ping, capture_output=True, text=True).stdout.strip() == "PONG"

    part.start()
    try:
        part.wait_until(answers)
        yield port
    finally:
        part.stop()
