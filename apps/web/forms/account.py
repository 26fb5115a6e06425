"""Forms of one's own account."""

from typing import Any

from django import forms
from django.http import HttpRequest

from apps.web.forms.fields import TiedForm, text
from apps.web.forms.sign_in import check_own_password


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

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = request

    def clean_old_password(self) -> str:
        """It must be the person at the keyboard who knows it."""
        typed: str = self.cleaned_data["old_password"]
        check_own_password(self._request, typed)
        return typed

    def clean(self) -> dict[str, Any]:
        """Both new ones must be the same."""
        data = super().clean() or {}
        typed = [data[name] for name in ("password", "password_again") if name in data]
        if len(set(typed)) > 1:
            self.add_error("password_again", "The two new passwords differ.")
        return data


class AppForm(TiedForm):
    """What a new authenticator app shows."""

    code = text(
        "Code that the app shows now",
        autocomplete="one-time-code",
        inputmode="numeric",
        maxlength="20",
    )


class KeyForm(TiedForm):
    """A new security key: what it is called, and the browser's answer for it."""

    name = text(
        "Name of the key", "So that you know it apart later: “blue key”, “laptop”.", maxlength="60"
    )
    credential = forms.CharField(required=False, widget=forms.HiddenInput)


class ResetForm(TiedForm):
    """Why somebody's second factor is reset."""

    reason = text("Reason", "It stays in the audit log.", maxlength="500")


class LinkForm(TiedForm):
    """By which name the provider of single sign-on knows somebody."""

    subject = text(
        "Subject",
        "The provider's own id of the person, which never changes. Who is refused is shown it.",
        maxlength="191",
    )
