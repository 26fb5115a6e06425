"""The files that an imported keepalived.conf includes: given with it, and found again by its lines."""

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from lvs.formats import FormatError
from lvs.formats.decoding import text_from
from lvs.formats.surroundings import Included, Surroundings

MOST_FILES = 99
"""One less than Django takes in a request (DATA_UPLOAD_MAX_NUMBER_FILES)."""

Texts = dict[str, str]
"""The text of each file by its name, without folders: browsers don't send those."""


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
            raise ValidationError(f"Two files are called {name}: include them under other names.")
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
    except (ValueError, RecursionError):
        texts = None
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise ValidationError("Choose the files again: they did not arrive whole.")
    return texts


def surroundings(texts: Mapping[str, str], config_id: str) -> Surroundings:
    """What an imported text may look up: these files, by the last part of what it includes."""

    def load(pattern: str, including: str) -> list[Included]:
        wanted = pattern.rpartition("/")[2]
        found = [Included(name, texts[name]) for name in sorted(texts) if fnmatchcase(name, wanted)]
        if not found and not _is_pattern(wanted):
            raise LookupError(f"“{pattern[:80]}” is included here: choose that file too")
        return found

    return Surroundings(load=load, config_id=config_id)


def _is_pattern(name: str) -> bool:
    return any(sign in name for sign in "*?[")
