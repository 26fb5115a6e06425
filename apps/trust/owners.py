"""Whose the files of the signing key are: the worker must be able to read them, and nobody else."""

import os
import pwd
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def give_to_folders_owner(handle: int, folder: Path) -> None:
    """Root may call the command: the key is the worker's all the same, whose folder it lies in.

    handle: the open file. By its name root might give away another file that somebody has put there.
    """
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)


def keeper(path: Path) -> str:
    """The user whose the file is, or the folder that it shall lie in; "" when that is who asks."""
    for place in (path, *path.parents):
        try:
            uid = place.stat().st_uid
        except OSError:  # not there, or not for us to see
            continue
        return "" if uid == os.geteuid() else _name_of(uid)
    return ""


def strangers(paths: Iterable[Path]) -> list[tuple[Path, str]]:
    """The files that are not the user's whose folder they lie in, and that user: the worker, as a rule.

    A folder of root's tells nothing: others may well keep their keys there.
    """
    found = []
    for path in paths:
        with suppress(OSError):  # not there, or not for us to see
            owner = path.parent.stat().st_uid
            if owner and path.stat().st_uid != owner:
                found.append((path, _name_of(owner)))
    return found


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
