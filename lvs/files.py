"""Files that are replaced whole: nobody ever reads half of one, and a power cut leaves the old or the new."""

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

LEFT_BEHIND = 60.0
"""Seconds after which an unfinished file counts as left by a process that was killed: a write takes
milliseconds. Whoever was only slow finds it gone, and says that it can't write."""


def replace_file(path: Path, parts: Iterable[bytes], prefix: str) -> None:
    """Write the parts to a new file, mode 0600, and put it in the place of the old one.

    It is on disk when this returns. Raises OSError.

    prefix: what the names of unfinished files in that folder begin with. Several may write at once.
    """
    handle, temporary = tempfile.mkstemp(prefix=prefix, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:  # mkstemp gave it mode 0600
            _remove_left_behind(path.parent, prefix, os.fstat(file.fileno()).st_mtime)
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _remove_left_behind(folder: Path, prefix: str, now: float) -> None:
    """What `kill -9` left in the middle of a write. now: by the clock of that file system."""
    for path in folder.glob(f"{prefix}????????"):  # as mkstemp names them
        with suppress(OSError):  # gone meanwhile, or not ours to remove: it does no harm
            if now - path.lstat().st_mtime > LEFT_BEHIND:
                path.unlink()
