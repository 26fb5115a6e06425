"""The files given with a keepalived.conf, as its include lines find them. Pure: no disk is read."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from glob import escape, has_magic
from posixpath import dirname, join, normpath
from typing import NamedTuple

from lvs.formats.surroundings import Included

OWN_FOLDER = "/etc/keepalived"
"""Where the including text counts as lying: keepalived's own place for it (keepalived(8), --use-file)."""


class GivenFiles:
    """Files by name.

    A name with a folder says where the file lies, from the text's own folder on. One without, as browsers
    send it, doesn't: the first line that finds the file settles it. What could be two things is asked.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._placed = {name: normpath(join(OWN_FOLDER, name)) for name in texts if "/" in name}
        self._bare = [name for name in texts if "/" not in name]
        self._settled: dict[str, _Settled] = {}
        self._found: dict[_Line, list[str]] = {}

    @property
    def unused(self) -> list[str]:
        """Files that no line included so far."""
        return sorted(self._texts.keys() - self._settled.keys())

    def load(self, pattern: str, including: str) -> list[Included]:
        """As `Surroundings.load`. Raises LookupError where a file is missing, or may be another one."""
        folder = dirname(self._settled[including].path) if including else OWN_FOLDER
        line = _Line(folder, pattern)
        if line not in self._found:
            self._found[line] = self._find(line)
        names = self._found[line]
        if not names:
            message = f"{_quoted(pattern)} is included here, and no such file was given"
            raise LookupError(f"{message}: choose it too, or take this line out")
        return [Included(name, self._texts[name]) for name in names]

    def _find(self, line: "_Line") -> list[str]:
        """The files that a line means, in the order of their places."""
        signs = line.signs
        found = {name: path for name, path in self._placed.items() if _fits(path, signs)}
        places = set(found.values())
        for name in self._bare:
            if not _fits(name, signs[-1:]) or join(line.lies_in, name) in places:
                continue  # another one, or another lies there
            path = self._place(name, line)
            if path is not None:
                found[name] = path
        for name, path in found.items():
            before = self._settled.get(name)
            named = line.names_one or (before is not None and before.by_name)
            self._settled[name] = _Settled(path, named)
        return sorted(found, key=found.__getitem__)

    def _place(self, name: str, line: "_Line") -> str | None:
        """Where a file without a folder lies if the line means it; None if it doesn't.

        Raises LookupError where that can't be known.
        """
        before, many = self._settled.get(name), has_magic(dirname(line.pattern))
        path = join(line.lies_in, name)
        if before and _fits(before.path, line.signs) and (before.by_name or not many):
            return before.path
        if before and before.by_name and not line.names_one:
            return None
        if before:
            message = f"{name} may lie in {_folder(before.path)} or in {_folder(path)}"
            either = f"{_written(before.path)} or {_written(path)}"
            raise LookupError(f"{message}: write its folder before its name below, {either}")
        if many:
            message = f"{_quoted(line.pattern)} means files of several folders"
            example = f"write that of {name} before its name below, as in {_written(path)}"
            raise LookupError(f"{message}: {example}")
        return path


class _Line(NamedTuple):
    """What an include line says."""

    folder: str
    """Of the file that it stands in."""
    pattern: str

    @property
    def names_one(self) -> bool:
        """Whether it is a path, and no pattern."""
        return not has_magic(self.pattern)

    @property
    def signs(self) -> list[str]:
        """The parts of the whole path or pattern."""
        return normpath(join(escape(self.folder), self.pattern)).split("/")

    @property
    def lies_in(self) -> str:
        """The folder that it looks into, which may be a pattern."""
        return normpath(join(self.folder, dirname(self.pattern)))


class _Settled(NamedTuple):
    """Where a file lies, and whether a line said so by its name, not by a pattern."""

    path: str
    by_name: bool


def _fits(path: str, signs: Sequence[str]) -> bool:
    """Whether a path is what the parts of another, or of a pattern, mean: as in glob(7)."""
    parts = path.split("/")
    return len(parts) == len(signs) and all(
        fnmatchcase(part, sign) and (part[:1] != "." or sign[:1] == ".")
        for part, sign in zip(reversed(parts), reversed(signs), strict=True)
    )


def _written(path: str) -> str:
    """A place as people write it as a name. What isn't known of its folder is an ellipsis."""
    *folders, name = path.split("/")
    path = "/".join([*("…" if has_magic(folder) else folder for folder in folders), name])
    return f".{path.removeprefix(OWN_FOLDER)}" if path.startswith(f"{OWN_FOLDER}/") else path


def _folder(path: str) -> str:
    folder = dirname(path)
    if folder == OWN_FOLDER:
        return "the text's own folder"
    return f"“{folder.removeprefix(f'{OWN_FOLDER}/')}/”"


def _quoted(text: str) -> str:
    return f"“{text[:80]}”"
