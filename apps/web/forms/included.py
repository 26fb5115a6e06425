"""The files that an imported keepalived.conf includes: chosen with it, and kept for the second step."""

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from lvs.formats import FormatError
from lvs.formats.decoding import text_from

MOST_FILES = 99
"""One less than Django takes in a request (DATA_UPLOAD_MAX_NUMBER_FILES)."""

LONGEST_NAME = 200
"""Characters, with folders."""

Texts = dict[str, str]
"""The text of each file by its name: without folders, which browsers don't send, but for those that
people write before it."""


class ManyFiles(forms.FileInput):
    """An input that takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, none of them needed. Its value: a list of them."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Check each. Raises ValidationError."""
        if len(data or ()) > MOST_FILES:
            raise ValidationError(f"At most {MOST_FILES} files.")
        return [super(FilesField, self).clean(one, initial) for one in data or ()]


def texts_of(files: Sequence[UploadedFile], most_bytes: int) -> Texts:
    """The texts of uploaded files. Raises ValidationError, which names the file."""
    if sum(file.size or 0 for file in files) > most_bytes:
        raise ValidationError(f"Together they are larger than {most_bytes >> 20} MiB.")
    texts: Texts = {}
    for file in files:
        name = file.name or ""
        if name in texts:
            raise _twice(name)
        try:
            texts[name] = text_from(file.read())
        except FormatError as error:
            raise ValidationError(f"{name}, line {error.line} is no UTF-8 text.") from error
    return texts


def kept(texts: Texts) -> str:
    """The texts for a hidden input: browsers don't send files a second time."""
    return json.dumps(texts) if texts else ""


def texts_kept(value: str) -> Texts:
    """The inverse of `kept`. Raises ValidationError on anything else."""
    try:
        texts = json.loads(value or "{}")
        json.dumps(texts, ensure_ascii=False).encode()  # no page can show half a surrogate pair
    except (ValueError, RecursionError):
        texts = None
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise ValidationError("Choose the files again: they did not arrive whole.")
    return texts


def renamed(texts: Texts, names: Sequence[str]) -> Texts:
    """The texts under the names that were typed for them, in the order of their old ones; one without a
    name is taken out. Raises ValidationError."""
    if len(names) != len(texts):
        return texts
    new: Texts = {}
    for old, typed in zip(sorted(texts), names, strict=True):
        name = typed.strip()[:LONGEST_NAME]
        if name in new:
            raise _twice(name)
        if name:
            new[name] = texts[old]
    return new


def _twice(name: str) -> ValidationError:
    message = f"Two files are called {name}: choose one, and write its folder before its name"
    return ValidationError(f"{message}; then choose the other.")
