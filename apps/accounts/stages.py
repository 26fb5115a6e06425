"""What stands between a password and the console."""

from allauth.account.authentication import get_authentication_records
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.http import HttpRequest


class SecondFactorStage(AuthenticateStage):
    """Asks everybody who has a second factor for it, also after single sign-on, unless
    LVS_OIDC_TRUSTS_SECOND_FACTOR says that the provider has done so."""

    def _should_handle(self, request: HttpRequest) -> bool:
        records = get_authentication_records(request, self.login.user)
        by_sign_on = any(record.get("method") == "socialaccount" for record in records)
        if by_sign_on and settings.OIDC_TRUSTS_SECOND_FACTOR:
            return False
        return bool(super()._should_handle(request))
