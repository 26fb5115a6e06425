"""Everything that writes people and their roles."""

from apps.accounts.services.email import set_email
from apps.accounts.services.grants import grant_role, revoke_role
from apps.accounts.services.people import create_user, set_active, set_full_name, set_password

__all__ = [
    "create_user",
    "grant_role",
    "revoke_role",
    "set_active",
    "set_email",
    "set_full_name",
    "set_password",
]
