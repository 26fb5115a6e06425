"""What django-allauth asks its hosts: our pages instead of its own, and no sign-up."""

from base64 import urlsafe_b64encode
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import salted_hmac

from apps.accounts.models import User

NO_ADDRESS = "0.0.0.0"  # noqa: S104  (nothing listens there: the server names no address)


class DoorAdapter(DefaultAccountAdapter):
    """Signing in."""

    def get_login_stages(self) -> list[str]:
        """Between the password and the console stands the second factor, and nothing else."""
        return ["apps.accounts.stages.SecondFactorStage"]

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by administrators and by single sign-on (services.sign_on)."""
        return False

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """A switched-off account stays before the door."""
        return redirect("web:sign-in")

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Our pages say what was done, in our words."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """The audit log says it; accounts need no e-mail address."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address of the connection, as in the audit log; some servers name none."""
        try:
            return str(super().get_client_ip(request))
        except PermissionDenied:
            return NO_ADDRESS


class SecondFactorAdapter(DefaultMFAAdapter):
    """Second factors. What a copy of the database would betray is encrypted with LVS_SECRET_KEY."""

    def get_totp_label(self, user: User) -> str:
        """What the authenticator app shows beside the console's name."""
        return user.username

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """What a security key is bound to: the name in the browser's address bar."""
        return super().get_public_key_credential_rp_entity() | {"name": "LVS Console"}

    def encrypt(self, text: str) -> str:
        """As it is stored."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What was encrypted. Raises InvalidToken when that was under another key than we have now."""
        return _cipher().decrypt(encrypted_text.encode()).decode()


class SignOnAdapter(DefaultSocialAccountAdapter):
    """Single sign-on. Who comes is decided in `apps.accounts.sign_on`, before allauth signs them in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never by allauth itself."""
        return False

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        """An address that somebody else says of themselves opens nobody's account."""
        return False


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    made = (salted_hmac("lvs.second-factor", "", secret=k, algorithm="sha256") for k in keys)
    return MultiFernet([Fernet(urlsafe_b64encode(hash_.digest())) for hash_ in made])
