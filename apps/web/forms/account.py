"""Forms of one's own account."""

from typing import Any

from django import forms

from apps.accounts.models import User
from apps.web.forms.fields import TiedForm


def _password(label: str, hint: str, autocomplete: str) -> forms.CharField:
    field = forms.CharField(
        label=label,
        help_text=hint,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}, render_value=False),
    )
    field.error_messages["required"] = f"{label} is missing."
    return field


class OwnPasswordForm(TiedForm):
    """The old password, and the new one twice."""

    old_password = _password("Your password until now", "", "current-password")
    password = _password("New password", "At least 12 characters.", "new-password")
    password_again = _password("New password once more", "", "new-password")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_old_password(self) -> str:
        """It must be the person at the keyboard who knows it."""
        typed: str = self.cleaned_data["old_password"]
        if not self._user.check_password(typed):
            raise forms.ValidationError("That is not your password.")
        return typed

    def clean(self) -> dict[str, Any]:
        """Both new ones must be the same."""
        data = super().clean() or {}
        typed = [data[name] for name in ("password", "password_again") if name in data]
        if len(set(typed)) > 1:
            self.add_error("password_again", "The two new passwords differ.")
        return data
