"""One edit of many services and real servers, as people type it."""

from typing import Any, cast

from django import forms

from apps.changes.bulk import (
    AddServer,
    Edit,
    RemoveServers,
    RemoveServices,
    ScaleWeight,
    Selection,
    SetForwarding,
    SetScheduler,
    SetWeight,
)
from apps.inventory.keys import key_of
from apps.web.forms.fields import TiedForm, missing, number, or_else
from apps.web.forms.fields import text as line
from apps.web.forms.server import FORWARDING
from lvs.model import Forwarding, RealServer, ServiceKey
from lvs.rules import SCHEDULERS, Path

EDITS = {
    "weight": "Set the weight",
    "percent": "Multiply the weight",
    "drain": "Drain: weight 0, no new connections",
    "forwarding": "Set the forwarding method",
    "scheduler": "Set the scheduler",
    "add": "Add a real server to each service",
    "remove": "Remove the real server",
    "delete": "Take the services out of the draft",
}
NEEDS: dict[str, tuple[str, ...]] = {
    "weight": ("weight",),
    "percent": ("percent",),
    "forwarding": ("forwarding",),
    "scheduler": ("scheduler",),
    "add": ("address", "new_weight", "new_forwarding"),
}
"""The fields that an edit needs."""


class ManyForm(TiedForm):
    """Which services and real servers, and what is done to them."""

    which = forms.ChoiceField(
        label="Services",
        choices=[("every", "All that match"), ("keys", "Those that were ticked")],
        widget=forms.RadioSelect,
    )
    text = line("Only services with", "Address or port. Empty: every service.", required=False)
    server = line(
        "Only real servers at",
        "Address, or address and port, such as 192.0.2.10. Empty: all of these services.",
        required=False,
    )
    what = forms.ChoiceField(
        label="What to do with them",
        choices=list(EDITS.items()),
        initial="weight",
        widget=forms.RadioSelect,
    )
    weight = number("Weight", "0 = no new connections.", required=False, initial_value="1")
    percent = number(
        "Percent of the weight that each has",
        "50 halves it, 200 doubles it. A server that has a weight keeps at least 1.",
        required=False,
        initial_value="50",
    )
    forwarding = forms.ChoiceField(
        label="Forwarding method", choices=list(FORWARDING.items()), required=False
    )
    scheduler = forms.ChoiceField(
        label="Scheduler",
        initial="wlc",
        choices=[(name, f"{name}: {about}") for name, about in SCHEDULERS.items()],
        required=False,
    )
    address = line("Address of the new real server", required=False)
    port = number("Port", "Empty: the port of each service.", required=False)
    new_weight = number("Weight", required=False, initial_value="1")
    new_forwarding = forms.ChoiceField(
        label="Forwarding", choices=list(FORWARDING.items()), required=False
    )

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen edit needs, and forget what is wrong in others' fields."""
        data = super().clean() or {}
        needed = NEEDS.get(data.get("what", ""), ())
        used = {
            "which",
            "text",
            "server",
            "what",
            *needed,
            *(("port",) if "address" in needed else ()),
        }
        for name in set(self.errors) - used:
            del self.errors[name]
        for name in needed:
            if name not in self.errors and data.get(name) in (None, ""):
                self.add_error(name, missing(str(self.fields[name].label)))
        return data

    def selection(self, slugs: list[str]) -> Selection:
        """As typed. slugs: of the services that were ticked."""
        data = self.cleaned_data
        keys = frozenset(key for slug in slugs if (key := _key(slug)) is not None)
        every = data.get("which") != "keys"
        return Selection(keys, every, data.get("text", ""), data.get("server", ""))

    def edit(self) -> Edit:
        """As typed; what has an error gives its default."""
        data = self.cleaned_data
        makes: dict[str, Edit] = {
            "weight": SetWeight(or_else(data.get("weight"), 1)),
            "percent": ScaleWeight(or_else(data.get("percent"), 100)),
            "drain": SetWeight(0),
            "forwarding": SetForwarding(cast(Forwarding, data.get("forwarding") or "masquerade")),
            "scheduler": SetScheduler(data.get("scheduler") or "wlc"),
            "add": AddServer(self._new_server(), own_port=data.get("port") is None),
            "remove": RemoveServers(),
            "delete": RemoveServices(),
        }
        return makes[data.get("what") or "weight"]

    def field_of(self, path: Path) -> str:
        """The field that a problem of selection or edit means; "" where it is none."""
        name = str(path[0]) if path else ""
        name = {"keys": "which"}.get(name, name)
        return name if name in self.fields else ""

    def _new_server(self) -> RealServer:
        data = self.cleaned_data
        return RealServer(
            data.get("address", "").strip(),
            or_else(data.get("port"), 0),
            cast(Forwarding, data.get("new_forwarding") or "masquerade"),
            or_else(data.get("new_weight"), 1),
        )


def _key(slug: str) -> ServiceKey | None:
    try:
        return key_of(slug)
    except ValueError:
        return None
