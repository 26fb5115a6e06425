"""Small files of the agent that outlive a power cut."""

import os
import tempfile
from pathlib import Path

from lvs.errors import LvsError


def write_whole(path: Path, text: str) -> None:
    """Replace the file atomically, mode 0600, on disk when this returns. Raises LvsError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".agent-", dir=path.parent)
        try:
            with os.fdopen(handle, "w") as file:  # mkstemp gave it mode 0600
                file.write(text)
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
    except OSError as error:
        raise LvsError(f"Can't write {path}: {error.strerror}") from error
