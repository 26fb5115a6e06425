"""What to look for in a director's connection table, as people type it."""

from typing import Any

from django import forms

from apps.web.forms.fields import TiedForm, text
from lvs.connections import FilterError, make_filters
from lvs.connections.filters import PROTOCOLS, STATES

SHOWN = 200
"""Rows of an answer, of connections and of templates each."""

_FILTERS = ("client", "service", "server", "state", "protocol", "kind", "origin")


class ConnectionsForm(TiedForm):
    """Filters, and in which shape the answer comes. Every field may be left empty."""

    client = text(
        "Client", "An address, a network like 203.0.113.0/24, or either with :port.", required=False
    )
    service = text("Virtual service", "Such as 192.0.2.1:80, or fwmark 7.", required=False)
    server = text("Real server", "With or without its port.", required=False)
    protocol = forms.ChoiceField(
        label="Protocol",
        required=False,
        choices=[("", "Any"), *((name, name.upper()) for name in PROTOCOLS)],
    )
    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[("", "Any"), *((name, name) for name in STATES if name.isidentifier())],
    )
    kind = forms.ChoiceField(
        label="Show",
        initial="all",
        choices=[
            ("all", "Connections and persistence"),
            ("connections", "Connections only"),
            ("templates", "Persistence only: who sticks"),
        ],
    )
    origin = forms.ChoiceField(
        label="Made by",
        required=False,
        choices=[("", "Any"), ("local", "This director"), ("sync", "Another, learnt by sync")],
    )
    shape = forms.ChoiceField(
        label="As",
        initial="rows",
        choices=[("rows", "Rows"), ("totals", "Totals")],
    )
    sort = forms.ChoiceField(
        label="Sorted by",
        required=False,
        initial="client",
        choices=[
            ("client", "Client"),
            ("server", "Real server"),
            ("state", "State"),
            ("expires", "Time left"),
        ],
    )
    reverse = forms.BooleanField(label="The other way round: last or longest first", required=False)

    def clean(self) -> dict[str, Any]:
        """Each filter as the director would read it: what is wrong stands beside its field."""
        data = super().clean() or {}
        for name, words in self.filters.items():
            self._try({name: words})
        if not self.errors:
            self._try(self.filters)  # each may be well, and all together find nothing
        return data

    def _try(self, filters: dict[str, str]) -> None:
        try:
            make_filters(**filters)
        except FilterError as error:
            self.add_error(error.what if error.what in self.fields else None, f"{error}.")

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are set, as `make_filters` takes them."""
        given = {name: self.cleaned_data.get(name) for name in _FILTERS}
        return {name: str(value) for name, value in given.items() if value}

    @property
    def arguments(self) -> dict[str, Any]:
        """What the errand carries."""
        return {
            "filters": self.filters,
            "totals": self.cleaned_data["shape"] == "totals",
            "sort": self.cleaned_data["sort"] or "client",
            "reverse": self.cleaned_data["reverse"],
            "limit": SHOWN,
        }


def initial_of(arguments: dict[str, Any]) -> dict[str, Any]:
    """The form's fields as an errand has them."""
    shape = "totals" if arguments.get("totals") else "rows"
    sort = arguments.get("sort") or "client"
    order = {"sort": sort, "reverse": arguments.get("reverse", False)}
    return {"kind": "all", **arguments.get("filters", {}), "shape": shape, **order}
