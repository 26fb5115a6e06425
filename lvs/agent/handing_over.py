"""What root's enrolment leaves to the user that the agent runs as."""

import os
import pwd
import stat
from collections.abc import Iterable
from pathlib import Path

SERVICE_USER = "lvsconsole"
"""Whose file the configuration becomes when root enrols a host that has this user."""


def make_folder(folder: Path) -> None:
    """Make the configuration's folder where it is missing, for the service to enter. Raises OSError."""
    if folder.exists():
        return
    folder.mkdir(mode=0o700, parents=True)
    if user := _service_user():
        os.chown(folder, -1, user.pw_gid)
        folder.chmod(0o750)


def give_to_service(config: Path) -> None:
    """Make it the owner of the file, if there is such a user. Raises OSError."""
    if user := _service_user():
        os.chown(config, user.pw_uid, user.pw_gid)


def out_of_reach(paths: Iterable[Path]) -> list[str]:
    """Folders above these files that the service may not enter, so that its agent will not read them."""
    user = _service_user()
    if user is None:
        return []
    above = {folder for path in paths for folder in path.absolute().parents}
    return sorted(str(folder) for folder in above if not _may_enter(user, folder.stat()))


def _service_user() -> pwd.struct_passwd | None:
    """None when there is nothing to hand over: whoever enrols runs the agent too."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SERVICE_USER)
    except KeyError:
        return None


def _may_enter(user: pwd.struct_passwd, folder: os.stat_result) -> bool:
    if user.pw_uid == 0:
        return True
    if folder.st_uid == user.pw_uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid in os.getgrouplist(user.pw_name, user.pw_gid):
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)
