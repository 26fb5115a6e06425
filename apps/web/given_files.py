"""The files given with a keepalived.conf, as its include lines find them. Pure: no disk is read."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from glob import has_magic
from posixpath import basename, dirname, join, normpath
from typing import NamedTuple

from lvs.formats.surroundings import Included

OWN_FOLDER = "/etc/keepalived"
"""Where the including text counts as lying: keepalived's own place for it (keepalived(8), --use-file)."""


class GivenFiles:
    """Files by name.

    A name that starts with `/`, `./` or `../` says where the file lies. Any other, as browsers send them,
    says only the end of that: a line that fits it settles the rest.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._settled: dict[str, _Settled] = {}

    @property
    def unused(self) -> list[str]:
        """Files that no line included so far."""
        return sorted(self._texts.keys() - self._settled.keys())

    def load(self, pattern: str, including: str) -> list[Included]:
        """As `Surroundings.load`. Raises LookupError where a file is missing, or may be another one."""
        folder = dirname(self._settled[including].path) if including else OWN_FOLDER
        wanted = normpath(join(folder, pattern))
        places = self._places(wanted)
        if not places:
            message = (
                f"“{pattern[:80]}” is included here, and no such file was given: choose it too"
            )
            raise LookupError(f"{message}, or take this line out")
        for name, path in places.items():
            self._settle(name, _Settled(path, not has_magic(wanted)))
        names = sorted(places, key=places.__getitem__)
        return [Included(name, self._texts[name]) for name in names]

    def _places(self, wanted: str) -> dict[str, str]:
        """Where the files lie that a path or pattern means. Of those that could be one file, one."""
        found: dict[str, str] = {}
        taken: dict[str, list[str]] = {}
        for name in sorted(self._texts, key=_certainty, reverse=True):
            path = _place(name, wanted)
            if path is None or self._is_another(name, path, wanted):
                continue
            others = taken.setdefault(basename(path), [])
            if not any(_may_be_one(path, other) for other in others):
                others.append(path)
                found[name] = path
        return found

    def _is_another(self, name: str, path: str, wanted: str) -> bool:
        """Whether a line that names the file has settled that a pattern doesn't mean it."""
        before = self._settled.get(name)
        named = before is not None and before.by_name and has_magic(wanted)
        return named and before is not None and not _may_be_one(before.path, path)

    def _settle(self, name: str, found: "_Settled") -> None:
        """A file that was found in one folder is not found in another."""
        before = self._settled.setdefault(name, found)
        if not _may_be_one(before.path, found.path):
            folders = " or in ".join(_spoken(dirname(one.path)) for one in (before, found))
            example = found if has_magic(before.path) else before
            message = f"{name} may lie in {folders}: write its folder before its name below"
            raise LookupError(f"{message}, such as {_written(example.path)}")
        if has_magic(before.path):
            self._settled[name] = found


class _Settled(NamedTuple):
    """Where a file lies, and whether a line says so by its name, not by a pattern."""

    path: str
    """Its folders may still be a pattern."""
    by_name: bool


def _place(name: str, wanted: str) -> str | None:
    """Where a file lies if a path or pattern means it, which is absolute; None if it can't."""
    parts, signs = _parts(name), wanted.strip("/").split("/")
    ahead = len(signs) - len(parts)
    if ahead < 0 or (ahead and _is_exact(name)):
        return None
    if not all(_fits(part, sign) for part, sign in zip(parts, signs[ahead:], strict=True)):
        return None
    return "/" + "/".join([*signs[:ahead], *parts])


def _fits(part: str, sign: str) -> bool:
    """As in glob(7): a pattern means no hidden file."""
    return fnmatchcase(part, sign) and (part[:1] != "." or sign[:1] == ".")


def _is_exact(name: str) -> bool:
    return name.startswith(("/", "./", "../"))


def _parts(name: str) -> list[str]:
    return normpath(join(OWN_FOLDER if _is_exact(name) else "", name)).strip("/").split("/")


def _certainty(name: str) -> int:
    """How much of its place a name says: of two files that could be one, that with more is meant."""
    return 1_000 if _is_exact(name) else len(_parts(name))


def _may_be_one(first: str, second: str) -> bool:
    """Whether two places may be the same, where folders may be patterns."""
    ones, others = first.split("/"), second.split("/")
    pairs = zip(ones, others, strict=False)
    return len(ones) == len(others) and all(
        fnmatchcase(one, other) or fnmatchcase(other, one) for one, other in pairs
    )


def _written(path: str) -> str:
    """A place as people write it, such that it is exact."""
    return f".{path.removeprefix(OWN_FOLDER)}" if path.startswith(f"{OWN_FOLDER}/") else path


def _spoken(folder: str) -> str:
    if folder == OWN_FOLDER:
        return "the text's own folder"
    return f"“{_written(folder).removeprefix('./')}/”"
