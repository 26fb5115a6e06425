"""Runs a command with LVS_DATABASE_URL naming a PostgreSQL that lives only as long as the command.

The server's data is in a temporary folder, it listens on a Unix socket there and on no port.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path:
    """The folder of initdb and pg_ctl: on PATH, or Debian's newest. Exits where there is none."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: p.parts[-3])
    if not versions:
        sys.exit("initdb is missing: install the package postgresql")
    return versions[-1].parent


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


@contextmanager
def running(more: str = "", files: Mapping[str, bytes] = {}) -> Iterator[Path]:
    """A server, from `with` to its end; the folder of its Unix socket.

    more: further options of `postgres`; files: what shall lie in its data folder, mode 0600, by name.
    """
    tools, account = binaries(), server_account()
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
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=50 {more}"
        run("pg_ctl", "-w", "-o", options, "start")
        try:
            yield folder
        finally:
            run("pg_ctl", "-m", "immediate", "stop")


def main(command: list[str]) -> int:
    """Start the server, run the command, end the server; the command's exit status."""
    with running() as folder:
        url = f"postgresql://lvs@{str(folder).replace('/', '%2F')}/postgres"
        return subprocess.run(command, env={**os.environ, "LVS_DATABASE_URL": url}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
