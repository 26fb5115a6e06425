"""As much of an HTML page as a visitor without a browser needs: its forms, and what it says."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

_VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
_SILENT = {"script", "style", "template", "title"}


@dataclass
class Form:
    """A form as it would be sent now: `fields` holds every successful control's name and value."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """A parsed page. `forms` in document order; `text_of(id)`; `text` is everything one can read."""

    def __init__(self, source: str, status: int = 200, url: str = "") -> None:
        super().__init__()
        self.source = source
        self.status = status
        self.url = url
        self.forms: list[Form] = []
        self._open: list[tuple[str, str]] = []  # tag and id of each open element
        self._texts: dict[str, list[str]] = {"": []}
        self._form: Form | None = None
        self._select = self._area = ""
        self.feed(source)

    @property
    def text(self) -> str:
        """All readable text, white space folded."""
        return self.text_of("")

    def text_of(self, identity: str) -> str:
        """The text inside the element with this id; "" where there is none."""
        return " ".join("".join(self._texts.get(identity, ())).split())

    def all(self, pattern: str) -> list[str]:
        """Every match of a pattern in the source, tags taken out and entities resolved."""
        found = re.findall(pattern, self.source, re.DOTALL)
        return [unescape(re.sub("<[^>]+>", "", text)).strip() for text in found]

    def form(self, mark: str) -> Form:
        """The one form whose action ends with `mark` or that has a field of that name.

        Raises LookupError with what the page says instead.
        """
        for form in self.forms:
            if form.action.endswith(mark) or mark in form.fields:
                return form
        raise LookupError(f"{self.url} ({self.status}) has no form “{mark}”: {self.text[:600]}")

    def has_form(self, mark: str) -> bool:
        """Whether there is such a form."""
        return any(form.action.endswith(mark) or mark in form.fields for form in self.forms)

    # --- HTMLParser ------------------------------------------------------------------------------

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms and their controls."""
        values = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append((tag, values.get("id", "")))
            if values.get("id"):
                self._texts[values["id"]] = []
        if tag == "form":
            self._form = Form(values.get("action", ""), values.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None and "disabled" not in values and not self._silent:
            self._control(tag, values)

    def handle_endtag(self, tag: str) -> None:
        """Close the element, and what was left open inside it."""
        if tag == "form":
            self._form = None
        elif tag in {"select", "textarea"}:
            self._select = self._area = ""
        if any(name == tag for name, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Collect text for every open element that has an id."""
        if self._area and self._form is not None:
            self._form.fields[self._area] += data
        if self._silent:
            return
        for identity in {"", *(identity for _, identity in self._open)}:
            self._texts[identity].append(data)

    @property
    def _silent(self) -> bool:
        return any(tag in _SILENT for tag, _ in self._open)

    def _control(self, tag: str, values: dict[str, str]) -> None:
        assert self._form is not None
        name, fields = values.get("name", ""), self._form.fields
        if tag == "select" and name:
            self._select = name
        elif tag == "textarea" and name:
            self._area = name
            fields[name] = ""
        elif tag == "option" and self._select:
            if "selected" in values or self._select not in fields:
                fields[self._select] = values.get("value", "")
        elif tag == "input" and name:
            kind = values.get("type", "text")
            if kind in {"checkbox", "radio"}:
                if "checked" in values:
                    fields[name] = values.get("value", "on")
            elif kind not in {"submit", "button", "image", "reset"}:
                fields[name] = values.get("value", "")
