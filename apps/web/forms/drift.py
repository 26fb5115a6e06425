"""Why something is done about a drift: one field, once for each act."""

from collections.abc import Mapping
from typing import Any

from django import forms

from apps.changes.errors import ChangeError, Invalid
from apps.web.forms.fields import TiedForm

ACTS = ("revert", "adopt", "ignore")


class DriftForm(TiedForm):
    """The reason. Whether one is needed is for the service to say."""

    reason = forms.CharField(label="Why", required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def blame(self, refused: ChangeError) -> bool:
        """Put what was refused beside the field; False where it isn't about the field."""
        mine = isinstance(refused, Invalid) and all(p.path == ("reason",) for p in refused.problems)
        if mine:
            self.add_error("reason", str(refused))
        return mine


def forms_of(data: Mapping[str, Any] | None, act: str = "") -> dict[str, DriftForm]:
    """The form of each act; that of `act` holds what was posted."""
    return {name: DriftForm(data if name == act else None, prefix=name) for name in ACTS}
