"""Forms of people and their roles."""

from typing import Any, NamedTuple

from django import forms

from apps.accounts.models import RoleGrant, User
from apps.accounts.policy import can, scope_of
from apps.accounts.selectors import grants_shown
from apps.inventory.models import Cluster
from apps.web.forms.fields import TiedForm, text
from apps.web.words import ROLES

EVERYWHERE = "0"
"""The choice of a role for all clusters; any other is a cluster's id."""


class PersonForm(TiedForm):
    """A new person."""

    username = text("Sign-in name", maxlength="150", autocapitalize="none")
    full_name = text("Full name", "As it should stand in the audit log.", required=False)
    role = forms.ChoiceField(
        label="Role", choices=[(name, f"{name}: {about}") for name, about in ROLES.items()]
    )
    password = forms.CharField(
        label="Password",
        help_text="At least 12 characters. Hand it over in person; it is stored as a hash only.",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
        error_messages={"required": "Password is missing."},
    )


class GrantForm(TiedForm):
    """A role for a person, in the clusters that the administrator may give it in."""

    role = PersonForm.base_fields["role"]
    where = forms.ChoiceField(label="Where", help_text="Everywhere includes clusters to come.")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scope = scope_of(user, "people.manage")
        clusters = scope.narrow(Cluster.objects.order_by("name"), "pk")
        everywhere = [(EVERYWHERE, "everywhere")] if scope.everywhere else []
        self.fields["where"].choices = [  # type: ignore[attr-defined]
            *everywhere,
            *((str(pk), f"in {name}") for pk, name in clusters.values_list("pk", "name")),
        ]

    def clean(self) -> dict[str, Any]:
        """The place as `grant_role` wants it."""
        data = super().clean() or {}
        if "where" in data:
            where = data.pop("where")
            data["cluster_id"] = None if where == EVERYWHERE else int(where)
        return data


class MappingForm(GrantForm):
    """A group of single sign-on that gives a role."""

    group = text("Group", "Exactly as the provider names it.", maxlength="200")
    field_order = ("group", "role", "where")


class PasswordForm(TiedForm):
    """A new password."""

    password = PersonForm.base_fields["password"]


class GrantRow(NamedTuple):
    """A role that a person holds, and whether who looks may take it away."""

    grant: RoleGrant
    about: str
    may_revoke: bool


def grant_rows(user: User, person: User) -> list[GrantRow]:
    """The roles of a person that the user may know of, those held everywhere first."""
    return [
        GrantRow(grant, ROLES[grant.role], can(user, "people.manage", grant))
        for grant in grants_shown(user, person)
    ]
