"""Form parts that every form shares: labels, hints and errors tied to their input."""

from collections.abc import Collection, Mapping
from typing import Any

from django import forms

MOST_DIGITS = 18
"""All numbers of so many digits fit the databases' 64 bits."""


class TiedForm(forms.Form):
    """A form whose inputs name their error slot, so that screen readers and scripts find it."""

    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False  # the server says it, beside the field
        for name, field in self.fields.items():
            self._tie(name, field)

    def _tie(self, name: str, field: forms.Field) -> None:
        slot = f"err-{self.add_prefix(name)}"
        hint = f" hint-{self.add_prefix(name)}" if field.help_text else ""
        field.widget.attrs |= {"data-error": slot, "aria-describedby": slot + hint}
        field.widget.attrs["class"] = _style(field.widget)

    def mark_errors(self) -> None:
        """Mark the inputs that have an error; call it before the form is shown again."""
        for name in self.errors:
            if name in self.fields:
                attrs = self.fields[name].widget.attrs
                attrs["aria-invalid"] = "true"
                attrs["class"] = f"{attrs.get('class', '')} is-invalid".strip()


class ReasonedSelect(forms.Select):
    """A select some of whose options are off, each with its reason; or offered only now and then."""

    def __init__(self, *args: Any, offered: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = offered or {}
        """Value → when it is offered, as `data-show-when` says it."""
        self.reasons: Mapping[str, str] = {}
        """Value → why it can't be chosen."""
        self.kept: Collection[str] = ()
        """Values that may be chosen nevertheless: they are stored already."""

    def create_option(
        self, name: str, value: Any, label: Any, selected: bool, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        """Django's option, with the reason behind its label."""
        option: dict[str, Any] = super().create_option(
            name, value, label, selected, *args, **kwargs
        )
        if reason := self.reasons.get(str(value)):
            option["label"] = f"{label} ({reason})"
            if not selected and str(value) not in self.kept:
                option["attrs"] |= {"disabled": True, "data-off": True}
        if when := self.offered.get(str(value)):
            option["attrs"]["data-offer-when"] = when
        return option


def _style(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"


def text(label: str, hint: str = "", *, required: bool = True, **attrs: str) -> forms.CharField:
    """A one-line text field, white space around it removed."""
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attrs})
    field = forms.CharField(label=label, help_text=hint, required=required, widget=widget)
    field.error_messages["required"] = f"{label} is missing."
    return field


def number(
    label: str, hint: str = "", *, required: bool = True, initial_value: str | None = None
) -> forms.IntegerField:
    """A whole number typed as text: what is out of range is for lvs.rules to say."""
    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return forms.IntegerField(
        label=label,
        help_text=hint,
        required=required,
        initial=initial_value,
        widget=widget,
        error_messages={
            "required": f"{label} is missing.",
            "invalid": f"{label} must be a whole number.",
        },
    )


class RowsField(forms.ModelMultipleChoiceField):
    """Some of the rows of a table."""

    def clean(self, value: Any) -> Any:
        """Django's; a number that no row can have is a wrong choice, not an OverflowError of SQLite."""
        for one in value or ():
            if len(str(one)) > MOST_DIGITS:
                message, params = self.error_messages["invalid_choice"], {"value": str(one)[:40]}
                raise forms.ValidationError(message, code="invalid_choice", params=params)
        return super().clean(value)


def or_else(value: int | None, default: int) -> int:
    """The number, or the default where none was typed or it was wrong."""
    return default if value is None else value


def missing(label: str) -> forms.ValidationError:
    """What a field says that is needed and empty."""
    return forms.ValidationError(f"{label} is missing.", code="required")
