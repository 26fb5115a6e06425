"""Small files of the agent that outlive a power cut."""

from pathlib import Path

from lvs.errors import LvsError
from lvs.files import replace_file


def write_whole(path: Path, text: str) -> None:
    """Replace the file atomically, mode 0600, on disk when this returns. Raises LvsError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(path, [text.encode()], prefix=".agent-")
    except OSError as error:
        raise LvsError(f"Can't write {path}: {error.strerror}") from error
