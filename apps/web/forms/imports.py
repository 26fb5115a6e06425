"""Bringing a table in from elsewhere, as people give it: a file, text, or a director's kernel."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from apps.inventory.models import Director
from apps.web.forms.fields import TiedForm, text
from apps.web.forms.included import (
    LONGEST_NAME,
    FilesField,
    IncludedFile,
    LinesField,
    ListField,
    check,
    kept,
    text_of,
)
from lvs.formats import SOURCES

MOST_BYTES = 8 << 20
"""Of a text and all that it includes: a keepalived.conf of a hundred thousand real servers.
DATA_UPLOAD_MAX_MEMORY_SIZE has room for it as browsers send it back, line ends twice as long."""


class ImportForm(TiedForm):
    """Where the table comes from, how it is read, and what becomes of the cluster's own."""

    source = forms.ChoiceField(
        label="From",
        initial="file",
        choices=[
            ("file", "A file"),
            ("text", "Text"),
            ("director", "What a director holds now"),
        ],
        widget=forms.RadioSelect,
    )
    file = forms.FileField(
        label="File",
        required=False,
        help_text="The output of ipvsadm-save, keepalived.conf, ldirectord.cf, JSON or YAML.",
    )
    content = LinesField(
        label="Text",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "autocomplete": "off"}),
    )
    file_name = forms.CharField(required=False, widget=forms.HiddenInput)
    format = forms.ChoiceField(
        label="Its format",
        required=False,
        initial="auto",
        choices=[("auto", "As its content tells"), *((name, name) for name in SOURCES)],
    )
    included = FilesField(
        label="Files that it includes",
        required=False,
        help_text="All that its include lines name; those of several folders, folder by folder.",
    )
    included_names = ListField(required=False)
    included_texts = ListField(required=False)
    config_id = text(
        "Configuration id",
        "Lines that begin with @ and this id count, as with keepalived --config-id.",
        required=False,
        maxlength="60",
    )
    director = forms.ModelChoiceField(
        label="Director",
        queryset=Director.objects.none(),
        required=False,
        empty_label="Choose one",
        help_text="As it last reported. What others put there is taken over when you submit.",
    )
    settings = forms.BooleanField(
        label="With its timeouts, sync daemons and changed sysctls", required=False
    )
    how = forms.ChoiceField(
        label="The draft then holds",
        initial="merge",
        choices=[
            ("merge", "The cluster's table, with these put over it"),
            ("replace", "These alone: all else of the cluster's table goes"),
        ],
        widget=forms.RadioSelect,
    )
    title = text("Title of the change", required=False, maxlength="120")
    reason = forms.CharField(
        label="Why",
        help_text="Reviewers read this first; it stays in the audit log.",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, directors: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["director"].queryset = directors  # type: ignore[attr-defined]
        self.fields["content"].widget.attrs["class"] += " mono"
        self.kept_files: list[IncludedFile] = []
        """The included files that the page keeps, whatever else is wrong."""

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen source needs, and turn files into text."""
        data = super().clean() or {}
        data["format"] = data.get("format") or "auto"
        data["file_name"] = data.get("file_name", "")[:LONGEST_NAME]
        source = data.get("source")
        if source == "file" and "file" not in self.errors:
            self._read_file(data)
        elif source == "text" and not data.get("content", "-").strip():
            self.add_error("content", "Paste the text here.")
        elif source == "director" and not data.get("director"):
            self.add_error("director", "Choose a director.")
        self._read_included(data)
        return data

    @property
    def more_open(self) -> bool:
        """Whether what only a keepalived.conf has is given, or asked for."""
        asked = "include" in str(self["content"].value() or "")
        wrong = self["included"].errors or self["config_id"].errors
        return bool(asked or wrong or self.kept_files or self["config_id"].value())

    def _read_file(self, data: dict[str, Any]) -> None:
        """Its text takes the place of a pasted one, on the page too: browsers send no file twice."""
        file = data.get("file")
        if file is None:
            self.add_error("file", "Choose a file.")
        elif file.size > MOST_BYTES:
            self.add_error("file", f"The file is larger than {MOST_BYTES >> 20} MiB.")
        else:
            try:
                data["content"] = text_of(file)
            except ValidationError as error:
                self.add_error("file", error)
                return
            data["file_name"] = (file.name or "")[:LONGEST_NAME]
            shown = cast(QueryDict, self.data).copy()
            shown["source"] = "text"
            shown["content"], shown["file_name"] = data["content"], data["file_name"]
            self.data = shown

    def _read_included(self, data: dict[str, Any]) -> None:
        """Those that came now take the place of those of their name that were kept."""
        try:
            self.kept_files = kept(data["included_names"], data["included_texts"])
            new = self._chosen(data.get("included") or [], data.get("content") or "")
            names = {file.name for file in new}
            self.kept_files = [file for file in self.kept_files if file.name not in names] + new
            if data.get("source") != "director":
                check(self.kept_files)
        except ValidationError as error:
            self.add_error("included", error)
        data["texts"] = dict(self.kept_files)

    def _chosen(self, files: Sequence[UploadedFile], content: str) -> list[IncludedFile]:
        """The files that came now. Raises ValidationError where all are too much; a wrong one is left out."""
        text = len(content.encode())
        others = sum(len(file.text.encode()) for file in self.kept_files)
        others += sum(file.size or 0 for file in files)
        if text > MOST_BYTES:
            self.add_error("content", f"The text is larger than {MOST_BYTES >> 20} MiB.")
        elif text + others > MOST_BYTES:
            message = f"With the text itself they are larger than {MOST_BYTES >> 20} MiB"
            raise ValidationError(f"{message}: none of them was taken." if files else f"{message}.")
        found = []
        for file in files:
            name = (file.name or "").strip()
            try:
                found.append(IncludedFile(name, text_of(file)))
            except ValidationError as error:
                message = f"{error.message[:1].lower()}{error.message[1:]}"
                self.add_error("included", f"{name}, {message}")
        return found
