"""A file of JSON lines: appended, and on the disk before it counts."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from apps.audit.lines import json_line
from apps.audit.sinks.errors import SinkDown


class FileSink:
    """Appends to the file at `path`, which it creates, readable by its owner only."""

    def __init__(self, path: str) -> None:
        self.path = path

    def send(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Append the lines. Raises SinkDown when the disk does not confirm them."""
        text = "".join(json_line(dict(each)) + "\n" for each in documents).encode()
        try:
            with open(
                os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b"
            ) as file:
                if _ends_inside_a_line(file):
                    text = b"\n" + text  # the machine stopped while a line was written
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise SinkDown(f"{self.path}: {error.strerror}") from error


def _ends_inside_a_line(file: Any) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) != b"\n")
