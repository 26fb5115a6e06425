"""Forms of clusters, changes and directors."""

from typing import Any

from django import forms
from django.core.validators import validate_slug

from apps.inventory.models import Director
from apps.web.forms.fields import RowsField, TiedForm, text


class ClusterForm(TiedForm):
    """Name, description and the directors that hold its table."""

    name = text("Name", "Lower-case letters, digits, - and _: it stands in addresses of pages.")
    description = text("Description", "One line: what it serves.", required=False)
    directors = RowsField(
        label="Directors",
        queryset=Director.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["directors"].queryset = choices  # type: ignore[attr-defined]
        self.fields["name"].validators.append(validate_slug)
        self.fields["name"].max_length = 63  # type: ignore[attr-defined]
        self.fields["description"].max_length = 200  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """Names that addresses of pages use already can't be had."""
        name: str = self.cleaned_data["name"]
        if name == "new":
            raise forms.ValidationError(
                "“new” is taken by the console itself: choose another name."
            )
        return name


class ChangeForm(TiedForm):
    """What a change is called, and why it is made."""

    title = text("Title", "What will be different, in a few words.", maxlength="120")
    reason = forms.CharField(
        label="Why",
        help_text="Reviewers read this first; it stays in the audit log.",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CutOffForm(TiedForm):
    """Who cuts a director off says why: it stands on the director's page until it is enrolled anew."""

    reason = text("Why", "Everybody who may see it reads this.", maxlength="500")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The form has `novalidate`: this keeps console.js from asking whether to go on without a reason.
        self.use_required_attribute = True


class DirectorForm(TiedForm):
    """A director is added by its name alone."""

    name = text("Name", "As your team calls the host, such as lb-1.", maxlength="63")
