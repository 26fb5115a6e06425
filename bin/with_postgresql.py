"""Runs a command with LVS_DATABASE_URL naming a PostgreSQL that lives only as long as the command.

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
from contextlib import contextmanager
from pathlib import Path


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


@contextmanager
def running(
    tools: Path, more: str = "", files: Mapping[str, bytes] = {}, fsync: str = "off"
) -> Iterator[Path]:
    """A server, from `with` to its end; the folder of its Unix socket.

    tools: of `binaries`; more: further options of `postgres`; files: what shall lie in its data folder, mode
    0600, by name.
    """
    account = server_account()
    identity = (
        {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    )
    # In /tmp, not in TMPDIR: the path of a Unix socket has room for 107 bytes.
    with tempfile.TemporaryDirectory(prefix="lvs-pg-", dir="/tmp") as name:
        folder = Path(name)
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)

        def run(tool: str, *arguments: str) -> None:
            command = [tools / tool, "-D", folder / "data", *arguments]
            with (folder / "log").open("ab") as log:
                subprocess.run(command, check=True, cwd="/", stdout=log, stderr=log, **identity)

        run("initdb", "-U", "lvs", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
        for file, content in files.items():
            path = folder / "data" / file
            path.touch(0o600)
            path.write_bytes(content)
            if account:
                os.chown(path, account.pw_uid, account.pw_gid)
        options = f"-k {folder} -c listen_addresses= -c fsync={fsync} -c max_connections=50 {more}"
        run("pg_ctl", "-w", "-o", options, "start")
        try:
            yield folder
        finally:
            run("pg_ctl", "-m", "immediate", "stop")


def with_server(command: list[str], tools: Path, fsync: str) -> int:
    """Start the server, run the command, end the server; the command's exit status."""
    with running(tools, fsync=fsync) as folder:
        url = f"postgresql://lvs@{str(folder).replace('/', '%2F')}/postgres"
        return subprocess.run(command, env={**os.environ, "LVS_DATABASE_URL": url}).returncode


if __name__ == "__main__":
    sys.exit(main())
