"""Everything that writes people, their roles, and how they sign in."""

from apps.accounts.services.email import set_email
from apps.accounts.services.factors import (
    add_authenticator_app,
    add_security_key,
    make_recovery_codes,
    remove_factor,
    reset_second_factor,
    use_code,
    use_security_key,
)
from apps.accounts.services.grants import grant_role, revoke_role
from apps.accounts.services.people import create_user, set_active, set_full_name, set_password
from apps.accounts.services.role_settings import add_mapping, ask_second_factor, remove_mapping
from apps.accounts.services.sessions import (
    end_session,
    end_sessions,
    note_confirmation,
    note_session,
)
from apps.accounts.services.sign_on import link_account, sign_on, unlink_account
from apps.accounts.services.tokens import create_token, note_token, revoke_token, revoke_tokens

__all__ = [
    "add_authenticator_app",
    "add_mapping",
    "add_security_key",
    "ask_second_factor",
    "create_token",
    "create_user",
    "end_session",
    "end_sessions",
    "grant_role",
    "link_account",
    "make_recovery_codes",
    "note_confirmation",
    "note_session",
    "note_token",
    "remove_factor",
    "remove_mapping",
    "reset_second_factor",
    "revoke_role",
    "revoke_token",
    "revoke_tokens",
    "set_active",
    "set_email",
    "set_full_name",
    "set_password",
    "sign_on",
    "unlink_account",
    "use_code",
    "use_security_key",
]
