"""The form of a new token."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from apps.accounts.models import Role, User
from apps.accounts.models.token import NAME_LENGTH
from apps.accounts.policy import can_all_of, scope_of
from apps.inventory.models import Cluster
from apps.web.forms.fields import TiedForm, text
from apps.web.forms.people import EVERYWHERE
from apps.web.words import ROLES

LIVES = ((7, "7 days"), (30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "a year"))


class TokenForm(TiedForm):
    """Roles and places are those that the person has: a token can do no more than they can."""

    name = text("Name", "What will use it. The audit log shows it.", maxlength=str(NAME_LENGTH))
    role = forms.ChoiceField(
        label="Role",
        help_text="The least that is enough.",
        error_messages={"required": "Role is missing: you have none to give."},
    )
    where = forms.ChoiceField(label="Where")
    life = forms.TypedChoiceField(label="Ends in", choices=LIVES, coerce=int, initial=90)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scope = scope_of(user, "view")
        clusters = list(
            scope.narrow(Cluster.objects.order_by("name"), "pk").values_list("pk", "name")
        )
        places: list[int | None] = [
            *([None] if scope.everywhere else []),
            *(pk for pk, _ in clusters),
        ]
        roles = [r for r in Role if any(can_all_of(user, r, place) for place in places)]
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (str(role), f"{role}: {ROLES[role]}") for role in roles
        ]
        everywhere = [(EVERYWHERE, "everywhere")] if scope.everywhere else []
        named = [(str(pk), f"in {name}") for pk, name in clusters]
        self.fields["where"].choices = [*everywhere, *named]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """As `create_token` wants it."""
        data = super().clean() or {}
        if "where" in data:
            where = data.pop("where")
            data["cluster_id"] = None if where == EVERYWHERE else int(where)
        if "life" in data:
            data["expires_at"] = _in_days(data.pop("life"))
        return data

    def field_for(self, name: str) -> str | None:
        """Where an error of the service belongs; None = to the form as a whole."""
        name = {"expires_at": "life"}.get(name, name)
        return name if name in self.fields else None


def _in_days(days: int) -> datetime:
    return timezone.now() + timedelta(days=days)
