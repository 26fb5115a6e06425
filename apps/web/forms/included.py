"""The files that an imported keepalived.conf includes: chosen with it, and kept for the next step."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from lvs.formats import FormatError
from lvs.formats.decoding import text_from

MOST_FILES = 200

LONGEST_NAME = 255
"""Characters, with folders: as many as a file's own name may have."""


class IncludedFile(NamedTuple):
    """One of them."""

    name: str
    """Without folders, which browsers don't send, but for those that people write before it."""
    text: str


class ManyFiles(forms.FileInput):
    """An input that takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, none of them needed. Its value: a list of them."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """The files, as they came."""
        return list(data or ())


class ListField(forms.Field):
    """All values of one name, in their order. Its value: a list of texts."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[str]:
        """The values, as they stood on the page."""
        return [as_lines(str(one)) for one in value or ()]


class LinesField(forms.CharField):
    """A text of many lines, as it stood on the page."""

    def to_python(self, value: Any) -> str:
        """The text; browsers end its lines with CR LF."""
        return as_lines(super().to_python(value) or "")


def as_lines(text: str) -> str:
    """The text with LF at the end of each line: as a page gives back what it was given."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def text_of(file: UploadedFile) -> str:
    """The text of an uploaded file. Raises ValidationError, which names the line."""
    try:
        text = as_lines(text_from(file.read()))
    except FormatError as error:
        raise ValidationError(f"Line {error.line} is no UTF-8 text.") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ValidationError(f"Line {line} has a null character, which no text has.")
    return text


def kept(names: Sequence[str], texts: Sequence[str]) -> list[IncludedFile]:
    """Files that the page held: browsers don't send one a second time. One without a name is taken out.

    Raises ValidationError.
    """
    if len(names) != len(texts):
        raise ValidationError("Choose the included files again: they did not arrive whole.")
    pairs = zip((name.strip() for name in names), texts, strict=True)
    return [IncludedFile(name, text) for name, text in pairs if name]


def check(files: Sequence[IncludedFile]) -> None:
    """Whether they can be told apart, and are few enough. Raises ValidationError."""
    for name, count in Counter(file.name for file in files).items():
        if count > 1:
            message = f"{count} files are called {name}"
            raise ValidationError(f"{message}: write before each name below the folder it lies in.")
        if len(name) > LONGEST_NAME:
            raise ValidationError(f"A name has at most {LONGEST_NAME} characters: {name[:60]}…")
        if any(ord(character) < ord(" ") for character in name):
            raise ValidationError(f"A name has no control characters: {name[:60]!a}.")
    if len(files) > MOST_FILES:
        raise ValidationError(f"{len(files)} files are here: at most {MOST_FILES} are taken.")
