"""Forms of notifications: where e-mails go, what one wants to be told, and webhooks."""

from typing import Any

from django import forms

from apps.accounts.models import User
from apps.accounts.policy import scope_of
from apps.inventory.models import Cluster
from apps.inventory.selectors import clusters
from apps.notify.audience import reach_of
from apps.notify.events import EVENTS
from apps.notify.models import Choices, Reach
from apps.web.forms.fields import RowsField, TiedForm, text

EVERYWHERE = "0"
"""A webhook of the whole console; any other place is a cluster's id."""


class AddressForm(TiedForm):
    """One's own e-mail address."""

    email = text(
        "Your e-mail address",
        "Empty: no e-mails to you.",
        required=False,
        type="email",
        inputmode="email",
        maxlength="254",
        autocapitalize="none",
    )
    email.widget.attrs["autocomplete"] = "email"


class ChoicesForm(TiedForm):
    """For each event: no e-mail, those of all clusters, or of the chosen ones."""

    clusters = RowsField(
        label="Your chosen clusters",
        queryset=Cluster.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, user: User, choices: Choices, data: Any = None) -> None:
        initial: dict[str, Any] = {kind: reach_of(choices, kind) for kind in EVENTS}
        initial["clusters"] = choices.clusters.all() if choices.pk else ()
        super().__init__(data, initial=initial)
        self.fields["clusters"].queryset = clusters(user).order_by("name")  # type: ignore[attr-defined]
        for kind, event in EVENTS.items():
            field = forms.ChoiceField(
                label=event.label, help_text=event.about, choices=Reach.choices
            )
            self.fields[kind] = field
            self._tie(kind, field)

    @property
    def events(self) -> list[forms.BoundField]:
        """The field of each event."""
        return [self[kind] for kind in EVENTS]

    @property
    def reach(self) -> dict[str, str]:
        """What was chosen for each event, once it is valid."""
        return {kind: self.cleaned_data[kind] for kind in EVENTS}


class WebhookForm(TiedForm):
    """Where a webhook goes, and what it is told."""

    url = text(
        "Address",
        "An address with https:// that takes POST requests.",
        maxlength="500",
        inputmode="url",
        autocapitalize="none",
    )
    events = forms.MultipleChoiceField(
        label="Events",
        choices=[(kind, event.label) for kind, event in EVENTS.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one event."},
    )


class NewWebhookForm(WebhookForm):
    """A new one: whose it is can't be changed afterwards."""

    where = forms.ChoiceField(
        label="Told of", help_text="All clusters: with those to come, and directors without one."
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scope = scope_of(user, "hook.manage")
        places = scope.narrow(Cluster.objects.order_by("name"), "pk").values_list("pk", "name")
        everywhere = [(EVERYWHERE, "all clusters")] if scope.everywhere else []
        self.fields["where"].choices = [  # type: ignore[attr-defined]
            *everywhere,
            *((str(pk), f"cluster {name}") for pk, name in places),
        ]

    @property
    def cluster(self) -> Cluster | None:
        """Whose it is to be, once it is valid; None = the whole console's."""
        where = self.cleaned_data["where"]
        return None if where == EVERYWHERE else Cluster.objects.get(pk=where)


class EditWebhookForm(WebhookForm):
    """One that there is."""

    is_on = forms.BooleanField(label="Switched on", required=False)
