"""`python -m lab.postgresql COMMAND` runs it with LVS_DATABASE_URL naming a PostgreSQL of its own.

The server's data is in a temporary folder, it listens on a Unix socket there and on no port. Nothing of it
is forced to the disk, unless --durable says that commits shall wait for that, as they do in production.
With --if-there the command is run without the variable where no PostgreSQL is installed.
"""

import argparse
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl: on PATH, or Debian's newest; None where there is none."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: p.parts[-3])
    return versions[-1].parent if versions else None


def server_account() -> pwd.struct_passwd | None:
    """Whom the server runs as: PostgreSQL refuses root. None = ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    sys.exit("neither the user postgres nor nobody exists, and PostgreSQL does not run as root")


def main() -> int:
    """Run the command as the arguments say; its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--durable", action="store_true", help="commits wait for the disk")
    parser.add_argument("--if-there", action="store_true", help="do without where it is missing")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    if tools := binaries():
        return with_server(asked.command, tools, "on" if asked.durable else "off")
    if asked.if_there:
        return subprocess.run(asked.command).returncode
    sys.exit("initdb is missing: install the package postgresql")


class Server:
    """A PostgreSQL with data of its own."""

    def __init__(self, folder: Path, tools: Path, account: pwd.struct_passwd | None) -> None:
        self._folder = folder
        self._tools = tools
        self._account = account
        self._options = ""
        self.url = f"postgresql://lvs@{str(folder).replace('/', '%2F')}/postgres"
        """By its Unix socket."""

    def make(self, files: Mapping[str, bytes]) -> None:
        """Make its data. files: what shall lie in its folder, mode 0600, by name."""
        self._run("initdb", "-U", "lvs", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
        for name, content in files.items():
            path = self._folder / "data" / name
            path.touch(0o600)
            path.write_bytes(content)
            if self._account:
                os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def start(self, more: str = "") -> None:
        """Start it, with these further options, or with those of the time before."""
        self._options = more or self._options
        basis = f"-k {self._folder} -c listen_addresses= -c max_connections=50"
        self._run("pg_ctl", "-w", "-o", f"{basis} {self._options}", "start")

    def stop(self) -> None:
        """End it, as a crash would."""
        self._run("pg_ctl", "-m", "immediate", "stop")

    def signal(self, number: int) -> None:
        """To all of its processes: the first, and those that serve its connections."""
        first = (self._folder / "data" / "postmaster.pid").read_text().split()[0]
        os.kill(int(first), number)  # before the others: it begins no new one then
        served = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for process in served:
            with suppress(ProcessLookupError):  # its connection has ended meanwhile
                os.kill(int(process), number)

    def _run(self, tool: str, *arguments: str) -> None:
        account = self._account
        identity: dict[str, Any] = (
            {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        )
        command = [str(self._tools / tool), "-D", str(self._folder / "data"), *arguments]
        with (self._folder / "log").open("ab") as log:
            subprocess.run(command, check=True, cwd="/", stdout=log, stderr=log, **identity)


@contextmanager
def running(tools: Path, more: str = "", files: Mapping[str, bytes] = {}) -> Iterator[Server]:
    """A server, from `with` to its end. tools: of `binaries`; more: further options of `postgres`."""
    account = server_account()
    # In /tmp, not in TMPDIR: the path of a Unix socket has room for 107 bytes.
    with tempfile.TemporaryDirectory(prefix="lvs-pg-", dir="/tmp") as name:
        if account:
            os.chown(name, account.pw_uid, account.pw_gid)
        server = Server(Path(name), tools, account)
        server.make(files)
        server.start(more or "-c fsync=off")
        try:
            yield server
        finally:
            server.stop()


def with_server(command: list[str], tools: Path, fsync: str) -> int:
    """Start the server, run the command, end the server; the command's exit status."""
    with running(tools, f"-c fsync={fsync}") as server:
        return subprocess.run(
            command, env={**os.environ, "LVS_DATABASE_URL": server.url}
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
