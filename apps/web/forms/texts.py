"""Texts of many lines, pasted or uploaded, that stay the same from one step of a form to the next."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from lvs.formats import FormatError
from lvs.formats.decoding import text_from


class LinesField(forms.Field):
    """A text of many lines, as it stood on the page. Whether it is one, `check_text` says."""

    def to_python(self, value: Any) -> str:
        """The text; browsers end its lines with CR LF."""
        return as_lines(str(value or ""))


class ListField(forms.Field):
    """All values of one name, in their order. Its value: a list of texts."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[str]:
        """The values, as they stood on the page."""
        return [as_lines(str(one)) for one in value or ()]


def as_lines(text: str) -> str:
    """The text with LF at the end of each line: as a page gives back what it was given."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def text_of(file: UploadedFile) -> str:
    """The text of an uploaded file. Raises ValidationError, which names the line."""
    try:
        text = as_lines(text_from(file.read()))
    except FormatError as error:
        raise ValidationError(f"Line {error.line} is no UTF-8 text.") from error
    check_text(text)
    return text


def check_text(text: str) -> None:
    """Raises ValidationError, which names the line, for what no file of a director has."""
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ValidationError(f"Line {line} has a null character, which no text has.")


def size_of(text: str) -> int:
    """Bytes."""
    return len(text.encode())
