"""When a change begins, and whether it must be confirmed: asked as it is submitted."""

from typing import Any

from django import forms
from django.conf import settings

from apps.changes.models import ClusterPolicy
from apps.changes.timing import Timing
from apps.web.forms.fields import TiedForm, number


def moment(label: str, hint: str) -> forms.DateTimeField:
    """A date with a time of day, in the console's time zone; may be left empty."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(
        label=label,
        help_text=hint,
        required=False,
        widget=widget,
        error_messages={"invalid": f"{label}: give a date and a time, as 2026-05-31 22:00."},
    )


class SubmitForm(TiedForm):
    """All of it may be left empty: then the change begins once it is approved, and stays."""

    start_at = moment("Not before", "Empty: as soon as it is approved.")
    start_until = moment("Not after", "Empty: no end. Not begun by then, it becomes stale.")
    confirm_within = number(
        "Minutes to confirm it in",
        "Empty: it stays. Else it is taken back unless somebody says that it works.",
        required=False,
    )

    def __init__(self, *args: Any, policy: ClusterPolicy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = settings.TIME_ZONE
        self.fields["start_at"].help_text += f" Time zone: {zone}."
        if policy.confirm_within:
            self.fields["confirm_within"].help_text = (
                f"Every change of this cluster must be confirmed, within {policy.confirm_within} "
                "minutes at most. Else it is taken back."
            )

    @property
    def timing(self) -> Timing:
        """What was asked for, once it is valid."""
        data = self.cleaned_data
        return Timing(data["start_at"], data["start_until"], data["confirm_within"] or 0)
