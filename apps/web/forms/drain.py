"""The form that begins a drain."""

from django import forms

from apps.drains.models import Drain
from apps.web.forms.fields import TiedForm, number


class DrainForm(TiedForm):
    """What becomes of a real server, and when."""

    then = forms.ChoiceField(
        label="Once nobody is connected",
        choices=[(Drain.Then.REMOVE, "remove it"), (Drain.Then.KEEP, "keep it at weight 0")],
    )
    minutes = number(
        "Minutes at most", "From weight 0 on. Empty: as long as it takes.", required=False
    )
    at_deadline = forms.ChoiceField(
        label="When the time is over",
        choices=[
            (Drain.Then.KEEP, "keep it at weight 0"),
            (Drain.Then.REMOVE, "remove it nevertheless: its connections are cut"),
            (Drain.Then.UNDO, "give it its weight back"),
        ],
    )
    reason = forms.CharField(
        label="Why",
        help_text="Reviewers read this first; it stays in the audit log.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why: reviewers and the audit log need a reason."},
    )
