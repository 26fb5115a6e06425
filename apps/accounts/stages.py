"""What stands between a password and the console."""

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from apps.accounts import selectors

_OF = "of"
"""In the state of a half-done sign-in: the password that the account had, as a keyed hash."""


class SecondFactorStage(AuthenticateStage):
    """Asks everybody who has a second factor for it, also after single sign-on, unless
    LVS_OIDC_TRUSTS_SECOND_FACTOR says that the provider has done so."""

    def handle(self) -> tuple[Any, bool]:
        """Ask, and keep what the account was like: the response if there is one, and whether to go on."""
        response, goes_on = super().handle()
        if response is not None:
            self.state[_OF] = self.login.user.get_session_auth_hash()
        return response, goes_on

    def holds(self) -> bool:
        """Whether what was shown before the second factor would still open the door. A sign-in that is half
        done is no session yet: what ends sessions (a new password, an account switched off) must end it, too.
        """
        user = self.login.user
        if user is None or not user.is_active:
            return False
        if not constant_time_compare(self.state.get(_OF, ""), user.get_session_auth_hash()):
            return False
        unlinked = selectors.sign_on_of(user, user) is None
        if unlinked and self._by_sign_on(self.request):
            return False
        return self._should_handle(self.request)  # not so once the factor was reset

    def _should_handle(self, request: HttpRequest) -> bool:
        if self._by_sign_on(request) and settings.OIDC_TRUSTS_SECOND_FACTOR:
            return False
        return bool(super()._should_handle(request))

    def _by_sign_on(self, request: HttpRequest) -> bool:
        records = get_authentication_records(request, self.login.user)
        return any(record.get("method") == "socialaccount" for record in records)
