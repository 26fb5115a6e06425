"""Forms of a cluster's policy, its freezes, and of going back to a revision."""

from typing import Any

from django import forms

from apps.accounts.models import User
from apps.accounts.policy import can
from apps.inventory.models import Cluster
from apps.web.forms.fields import RowsField, TiedForm, number, text
from apps.web.forms.submit import moment

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class PolicyForm(TiedForm):
    """How changes of a cluster are approved."""

    approvals = forms.TypedChoiceField(
        label="Approvals needed",
        coerce=int,
        choices=[
            (0, "none: what is submitted is applied"),
            (1, "one"),
            (2, "two"),
            (3, "three"),
        ],
    )
    approvers = RowsField(
        label="Whose approval counts",
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    free_weights = forms.BooleanField(
        label="Weights and drains need no approval",
        help_text="A change that edits nothing but weights is applied as it is submitted.",
        required=False,
    )
    confirm_within = number(
        "Minutes in which every change must be confirmed",
        "Empty: as authors choose. Unconfirmed changes are taken back by themselves.",
        required=False,
    )

    def __init__(self, *args: Any, cluster: Cluster, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).prefetch_related("grants")
        able = [user.pk for user in people if can(user, "change.review", cluster)]
        field = self.fields["approvers"]
        field.queryset = User.objects.filter(pk__in=able).order_by("username")  # type: ignore[attr-defined]
        field.label_from_instance = _named  # type: ignore[attr-defined]

    def clean_confirm_within(self) -> int:
        """0 where it was left empty."""
        return self.cleaned_data["confirm_within"] or 0


class FreezeForm(TiedForm):
    """A time in which no change begins: once, or every week."""

    reason = text("Why", "As people whose change waits will read it.", maxlength="120")
    starts_at = moment("From", "Once: a date and a time.")
    ends_at = moment("To", "")
    weekdays = forms.TypedMultipleChoiceField(
        label="Or every week on",
        coerce=int,
        choices=list(enumerate(DAYS)),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    from_time = forms.TimeField(
        label="From (time of day)",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    to_time = forms.TimeField(
        label="To (time of day)",
        help_text="Not later than the beginning: of the next day.",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )


class RollbackForm(TiedForm):
    """Going back to a revision: a change like any other."""

    title = text("Title", maxlength="120")
    reason = forms.CharField(
        label="Why",
        help_text="Reviewers read this first; it stays in the audit log.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why: reviewers and the audit log need a reason."},
    )


def _named(user: User) -> str:
    return user.display_name
