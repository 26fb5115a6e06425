"""Lock files pin versions and hashes and leave it to the machine where packages come from."""

import json
import re
import subprocess
import sys
from pathlib import Path

# Written so that this file does not match itself.
HOSTS = re.compile(
    r"registry[.]npmjs|pythonhosted[.]|pypi[.]org/simple|index[-]url\b|find[-]links\b"
)
MAY_NAME_OPTIONS = {"bin/lock", "bin/check_locks.py"}


def problems() -> list[str]:
    """One line for each place that names a registry, or pins nothing."""
    found = []
    packages = json.loads(Path("package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        if "resolved" in package:
            found.append(f"package-lock.json: {name} names its registry")
        if name and "integrity" not in package:
            found.append(f"package-lock.json: {name} has no hash")
    for lock in Path("requirements").glob("*.txt"):
        if "://" in lock.read_text():
            found.append(f"{lock}: names an address")
    tracked = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True)
    for name in tracked.stdout.decode().split("\0"):
        path = Path(name)
        if not name or name in MAY_NAME_OPTIONS or not path.is_file():
            continue
        if match := HOSTS.search(path.read_text(errors="ignore")):
            found.append(f"{name}: names a registry ({match[0]})")
    return found


if __name__ == "__main__":
    lines = problems()
    print("\n".join(lines))
    sys.exit(bool(lines))
