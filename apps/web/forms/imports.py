"""Bringing a table in from elsewhere, as people give it: a file, text, or a director's kernel."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.inventory.models import Director
from apps.web.forms.fields import TiedForm, text
from apps.web.forms.included import MOST_FILES, FilesField, kept, renamed, texts_kept, texts_of
from lvs.formats import MAX_LENGTH, SOURCES, FormatError
from lvs.formats.decoding import text_from

MOST_BYTES = 8 << 20
"""Of a file or text: a table of a hundred thousand real servers as YAML."""


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
    content = forms.CharField(
        label="Text",
        required=False,
        strip=False,
        max_length=min(MAX_LENGTH, MOST_BYTES),
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "autocomplete": "off"}),
    )
    file_name = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
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
    included_names = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    included_texts = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
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

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen source needs, and turn a file into text."""
        data = super().clean() or {}
        data["format"] = data.get("format") or "auto"
        source = data.get("source")
        if source == "file" and "file" not in self.errors:
            self._read_file(data)
        elif source == "text" and not (data.get("content") or "").strip():
            self.add_error("content", "Paste the text here.")
        elif source == "director" and not data.get("director"):
            self.add_error("director", "Choose a director.")
        self._read_included(data)
        return data

    @property
    def more_open(self) -> bool:
        """Whether what only a keepalived.conf has is given, or asked for."""
        names = ("included", "config_id")
        asked = "include" in str(self["content"].value() or "")
        return asked or any(self[name].value() or self[name].errors for name in names)

    @property
    def kept_files(self) -> list[str]:
        """The names of the included files that came before."""
        return sorted(self.cleaned_data.get("texts", ())) if self.is_bound else []

    def _read_included(self, data: dict[str, Any]) -> None:
        """Those that came now take the place of those that were kept."""
        try:
            texts = texts_kept(data.get("included_texts") or "")
            texts = renamed(texts, data.get("included_names") or [])
            texts |= texts_of(data.get("included") or [], MOST_BYTES)
            if len(texts) > MOST_FILES:
                raise ValidationError(f"At most {MOST_FILES} files.")
            # As they come back in the second step, which takes little more than this.
            if len(kept(texts)) + len((data.get("content") or "").encode()) > MOST_BYTES:
                raise ValidationError(
                    f"With the text itself they are larger than {MOST_BYTES >> 20} MiB."
                )
        except ValidationError as error:
            self.add_error("included", error)
            texts = {}
        data["texts"], data["included_texts"] = texts, kept(texts)

    def _read_file(self, data: dict[str, Any]) -> None:
        file = data.get("file")
        if file is None:
            self.add_error("file", "Choose a file.")
        elif file.size > MOST_BYTES:
            self.add_error("file", f"The file is larger than {MOST_BYTES >> 20} MiB.")
        else:
            try:
                data["content"] = text_from(file.read())
            except FormatError as error:
                self.add_error("file", f"Line {error.line} is no UTF-8 text.")
            data["file_name"] = file.name or ""
