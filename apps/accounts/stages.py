"""What stands between a password and the console."""

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from apps.accounts.models import User

_FOR = "second-factor-for"
"""Where the session keeps of which password it is that the second factor is asked after."""


class SecondFactorStage(AuthenticateStage):
    """Asks everybody who has a second factor for it, also after single sign-on, unless
    LVS_OIDC_TRUSTS_SECOND_FACTOR says that the provider has done so."""

    def handle(self) -> tuple[Any, ...]:
        """Ask, or let pass; note what the person has shown until now."""
        self.request.session[_FOR] = self.login.user.get_session_auth_hash()
        asked: tuple[Any, ...] = super().handle()
        return asked

    def _should_handle(self, request: HttpRequest) -> bool:
        records = get_authentication_records(request, self.login.user)
        by_sign_on = any(record.get("method") == "socialaccount" for record in records)
        if by_sign_on and settings.OIDC_TRUSTS_SECOND_FACTOR:
            return False
        return bool(super()._should_handle(request))


def still_open(request: HttpRequest, user: User) -> bool:
    """Whether what the user showed before the second factor still opens that far: not once their password
    is another one, or their account is switched off."""
    shown = request.session.get(_FOR, "")
    return user.is_active and constant_time_compare(shown, user.get_session_auth_hash())
