"""What a power cut takes: all that no fsync has brought to the disk.

A file system keeps the order in which names change (creations, replacements, removals) and may lose
the newest changes; an fsync of a folder keeps those in it. What a file holds survives where the file itself
was flushed; one that only got its name may be found empty.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class _Loose(NamedTuple):
    """A name that has changed and is not on the disk yet."""

    folder: Path
    undo: Callable[[], None]


class Disk:
    """Those of all hosts: each has a folder of its own."""

    def __init__(self) -> None:
        self._loose: list[_Loose] = []
        self._flushed: set[int] = set()
        """The inodes of files whose content is on the disk."""

    def forget(self) -> None:
        """Another history begins."""
        self._loose.clear()
        self._flushed.clear()

    def created(self, path: Path) -> None:
        """A new file: perhaps it has the inode of one that is gone."""
        self._flushed.discard(path.stat().st_ino)

    def flushed(self, handle: int) -> None:
        """An fsync of a file keeps what it holds, and that of a folder the names in it."""
        self._flushed.add(os.fstat(handle).st_ino)
        folder = Path(f"/proc/self/fd/{handle}").readlink()
        self._loose = [loose for loose in self._loose if loose.folder != folder]

    def moves(self, source: Path, target: Path) -> None:
        """A file is about to get another name, perhaps in the place of another file."""
        here, there = self._kept(source), self._kept(target)

        def undo() -> None:
            self._put(source, here)
            self._put(target, there)

        self._loose.append(_Loose(target.parent, undo))

    def goes(self, path: Path) -> None:
        """A file is about to be removed."""
        content = self._kept(path)
        self._loose.append(_Loose(path.parent, lambda: self._put(path, content)))

    def cut(self, root: Path, kept: float) -> None:
        """The power of a host goes. root: where its files are; kept: how much of what was on its way reached
        the disk, 0 to 1."""
        ours = [loose for loose in self._loose if loose.folder.is_relative_to(root)]
        for loose in reversed(ours[round(len(ours) * kept) :]):
            loose.undo()
        self._loose = [loose for loose in self._loose if loose not in ours]
        for path in root.rglob("*"):
            if path.is_file():
                self._put(path, self._kept(path))

    def _kept(self, path: Path) -> bytes | None:
        """What the file would hold after a power cut; None = there is no file."""
        if not path.exists():
            return None
        return path.read_bytes() if path.stat().st_ino in self._flushed else b""

    def _put(self, path: Path, content: bytes | None) -> None:
        if content is not None:
            path.write_bytes(content)
            self._flushed.add(path.stat().st_ino)
        elif path.exists():
            os.unlink(path)  # noqa: PTH108  # the other one is a boundary, and somebody may die there


DISK = Disk()
