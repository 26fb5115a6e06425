"""The files given with a keepalived.conf, as its include lines find them. Pure: no disk is read."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from posixpath import basename, dirname, isabs, join, normpath

from lvs.formats.surroundings import Included


class GivenFiles:
    """Files by name. Browsers send no folders; where people write some before a name, those count too."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._folders: dict[str, str] = {}
        """Where each file that was included lies, as the line that includes it says."""

    @property
    def unused(self) -> list[str]:
        """Files that no line included so far."""
        return sorted(self._texts.keys() - self._folders.keys())

    def load(self, pattern: str, including: str) -> list[Included]:
        """As `Surroundings.load`. Raises LookupError where a file is missing, or may be another one."""
        path = normpath(join(self._folders.get(including, ""), pattern))
        names = [name for name in sorted(self._texts) if _fits(name, path)]
        if not names:
            message = (
                f"“{pattern[:80]}” is included here, and no such file was given: choose it too"
            )
            raise LookupError(f"{message}, or take this line out")
        for name in names:
            self._settle(name, dirname(path))
        return [Included(name, self._texts[name]) for name in names]

    def _settle(self, name: str, folder: str) -> None:
        """A file that was found in one folder is not found in another."""
        before = self._folders.setdefault(name, folder)
        if not _may_be_one(before, folder):
            there, here = (
                f"“{found}/”" if found else "the text's own folder" for found in (before, folder)
            )
            message = f"{name} may lie in {there} or in {here}"
            raise LookupError(
                f"{message}: write its folder before its name below, such as {_example(name, before, folder)}"
            )


def _fits(name: str, path: str) -> bool:
    """Whether a file may be what a path or pattern means: its parts are compared from the end."""
    parts, wanted = name.lstrip("/").split("/"), path.lstrip("/").split("/")
    if len(parts) > len(wanted):
        return False
    pairs = zip(reversed(parts), reversed(wanted), strict=False)
    return all(
        fnmatchcase(part, sign) and (part[:1] != "." or sign[:1] == ".") for part, sign in pairs
    )


def _may_be_one(first: str, second: str) -> bool:
    """Whether two folders may be the same; a relative one lies below a folder that isn't known."""
    if isabs(first) == isabs(second):
        return first == second
    whole, end = (first, second) if isabs(first) else (second, first)
    return not end or whole.endswith(f"/{end}")


def _example(name: str, before: str, folder: str) -> str:
    return join(basename(before) or basename(folder), basename(name))
