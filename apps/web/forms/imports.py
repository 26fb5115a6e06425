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
    check_names,
    joined,
    kept,
)
from apps.web.forms.texts import LinesField, ListField, check_text, size_of, text_of
from lvs.formats import SOURCES

MOST_BYTES = 8 << 20
"""Of a text and all that it includes: a keepalived.conf of a hundred thousand real servers.
DATA_UPLOAD_MAX_MEMORY_SIZE has room for it as browsers send it back, line ends twice as long."""
_MOST = f"{MOST_BYTES >> 20} MiB"


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
        elif source == "text":
            self._check_text(data["content"])
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

    def _check_text(self, content: str) -> None:
        try:
            check_text(content)
            if not content.strip():
                raise ValidationError("Paste the text here.")
            if size_of(content) > MOST_BYTES:
                raise ValidationError(f"The text is larger than {_MOST}.")
        except ValidationError as error:
            self.add_error("content", error)

    def _read_file(self, data: dict[str, Any]) -> None:
        """Its text takes the place of a pasted one, on the page too: browsers send no file twice."""
        file, data["content"] = data.get("file"), ""
        try:
            if file is None:
                raise ValidationError("Choose a file.")
            if file.size > MOST_BYTES or size_of(content := text_of(file)) > MOST_BYTES:
                raise ValidationError(f"The file is larger than {_MOST}.")
        except ValidationError as error:
            self.add_error("file", error)
            return
        data["content"], data["file_name"] = content, file.name or ""
        shown = cast(QueryDict, self.data).copy()
        shown["source"] = "text"
        shown["content"], shown["file_name"] = data["content"], data["file_name"]
        self.data = shown

    def _read_included(self, data: dict[str, Any]) -> None:
        """Those that were here and those that came now, where the text may be one that includes them."""
        needed = data.get("source") != "director" and data["format"] in ("auto", "keepalived")
        try:
            self.kept_files = kept(data["included_names"], data["included_texts"])
            if needed:
                room = max(0, MOST_BYTES - size_of(data.get("content", "")))
                room -= sum(size_of(file.text) for file in self.kept_files)
                self.kept_files = joined(self.kept_files, self._chosen(data["included"], room))
                check_names(self.kept_files)
        except ValidationError as error:
            if needed:
                self.add_error("included", error)
        data["texts"] = {file.name: file.text for file in self.kept_files}

    def _chosen(self, files: Sequence[UploadedFile], room: int) -> list[IncludedFile]:
        """The files that came now; one that is no text is left out, with its error. room: bytes for all.

        Raises ValidationError where they don't fit.
        """
        message = f"With the text itself they are larger than {_MOST}"
        too_large = ValidationError(
            f"{message}: none of them was taken." if files else f"{message}."
        )
        if sum(file.size or 0 for file in files) > room:
            raise too_large
        found = [file for file in map(self._included, files) if file is not None]
        if sum(size_of(file.text) for file in found) > room:
            raise too_large
        return found

    def _included(self, file: UploadedFile) -> IncludedFile | None:
        """One of them; None, with the error in the form, if it is no text."""
        name = (file.name or "").strip() or "unnamed"
        try:
            return IncludedFile(name, text_of(file), is_new=True)
        except ValidationError as error:
            self.add_error("included", f"{name}, {error.message[:1].lower()}{error.message[1:]}")
            return None
