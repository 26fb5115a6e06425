"""The files that an imported keepalived.conf includes: chosen with it, and kept for the next step."""

from collections import Counter
from collections.abc import Sequence
from posixpath import basename
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

MOST_FILES = 200

LONGEST_NAME = 255
"""Characters, with folders: as many as a file's own name may have."""


class IncludedFile(NamedTuple):
    """One of them."""

    name: str
    """Without folders, which browsers don't send, but for those that people write before it."""
    text: str
    is_new: bool = False
    """Whether it was chosen for this step."""

    @property
    def lines(self) -> int:
        """How many lines it has: two files of one name can be told by it."""
        return self.text.count("\n") + (not self.text.endswith("\n"))


class ManyFiles(forms.FileInput):
    """An input that takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, none of them needed. Its value: a list of them."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """The files, as they came."""
        return list(data or ())


def kept(names: Sequence[str], texts: Sequence[str]) -> list[IncludedFile]:
    """Files that the page held: browsers don't send one a second time. One without a name is taken out.

    Raises ValidationError.
    """
    if len(names) != len(texts):
        raise ValidationError("Choose the included files again: they did not arrive whole.")
    pairs = zip((name.strip() for name in names), texts, strict=True)
    return [IncludedFile(name, text) for name, text in pairs if name]


def joined(before: Sequence[IncludedFile], new: Sequence[IncludedFile]) -> list[IncludedFile]:
    """All of them; a file that was chosen again, and is the same, is there once."""
    held = {(file.name, file.text) for file in before}
    return [*before, *(file for file in new if (file.name, file.text) not in held)]


def check_names(files: Sequence[IncludedFile]) -> None:
    """Whether they can be told apart, and are few enough. Raises ValidationError."""
    if len(files) > MOST_FILES:
        raise ValidationError(f"{len(files)} files are here: at most {MOST_FILES} are taken.")
    for name, count in Counter(file.name for file in files).items():
        if count > 1:
            message = f"{count} files are called {name}: write before each name below"
            raise ValidationError(f"{message} its folder, or take out the name of one that is old.")
        if len(name) > LONGEST_NAME:
            raise ValidationError(f"A name has at most {LONGEST_NAME} characters: {name[:60]}…")
        if any(ord(character) < ord(" ") for character in name):
            raise ValidationError(f"A name has no control characters: {name[:60]!a}.")


def check_used(files: Sequence[IncludedFile], unused: Sequence[str]) -> None:
    """Whether each file of a name that lines include is included: another may be its old or new text.

    Raises ValidationError.
    """
    used = {basename(file.name): file.name for file in files if file.name not in unused}
    for name in unused:
        other = used.get(basename(name))
        if other:
            message = f"No line includes {name}, but one includes {other}"
            raise ValidationError(f"{message}: take out the name of the one that is old.")
