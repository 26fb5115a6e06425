"""Forms at the door, and of showing once more who one is."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

from apps.accounts.models import User
from apps.accounts.policy import may_sign_in_by_password
from apps.accounts.signals import note_refusal
from apps.web.forms.fields import TiedForm, text


class SignInForm(AuthenticationForm):
    """Name and password, with inputs that look like the others."""

    error_messages = {
        "invalid_login": "Name and password don't belong together. Mind capital letters.",
        "inactive": "This account is switched off. Ask an administrator.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Name"
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"
            field.error_messages["required"] = f"{field.label} is missing."
        self.fields["password"].widget = forms.PasswordInput(
            attrs={"class": "form-control", "autocomplete": "current-password"}
        )

    def clean_username(self) -> str:
        """Refuse names that no account can have. Django only tells the browser how long they may be, and
        spells them out (`ﬁ` has two letters); who counts wrong passwords (axes) can't store longer ones."""
        name: str = self.cleaned_data["username"]
        if len(name) > (User._meta.get_field("username").max_length or 0):
            raise forms.ValidationError("No account has so long a name.")
        return name

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        """With LVS_LOCAL_SIGN_IN=no only who administers the console comes in by a password."""
        super().confirm_login_allowed(user)  # type: ignore[arg-type]
        assert isinstance(user, User)
        if not may_sign_in_by_password(user):
            note_refusal(user, "password, which is for administrators only")
            raise forms.ValidationError(
                f"Passwords are for administrators only here: use {settings.OIDC_NAME}."
            )

    def mark_errors(self) -> None:
        """Mark the inputs that have an error."""
        for name in self.errors:
            if name in self.fields:
                self.fields[name].widget.attrs["aria-invalid"] = "true"


class CodeForm(TiedForm):
    """A code, or what a security key answered."""

    code = text(
        "Code",
        "Six digits from your authenticator app, or one of your recovery codes.",
        required=False,
        autocomplete="one-time-code",
        inputmode="numeric",
        maxlength="20",
    )
    credential = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, autofocus: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["autofocus"] = autofocus

    def clean(self) -> dict[str, Any]:
        """One of them must be there; a key's answer counts first: the browser put it there."""
        data = super().clean() or {}
        if data.get("credential"):
            data["code"] = ""
        elif not data.get("code"):
            self.add_error("code", "Code is missing.")
        return data


class ConfirmForm(TiedForm):
    """One's password, once more."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}, render_value=False),
        error_messages={"required": "Your password is missing."},
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = request

    def clean_password(self) -> str:
        """Wrong ones count as at the door."""
        typed: str = self.cleaned_data["password"]
        check_own_password(self._request, typed)
        return typed


def check_own_password(request: HttpRequest, typed: str) -> None:
    """Raises ValidationError when that is not the password of who is signed in."""
    user = request.user
    assert isinstance(user, User)
    if authenticate(request, username=user.username, password=typed) != user:
        raise forms.ValidationError("That is not your password.")
