"""People, the roles they hold, what an administrator says of roles, and tokens of the API."""

from apps.accounts.models.people import GroupMapping, Role, RoleGrant, RoleSetting, User
from apps.accounts.models.token import ApiToken

__all__ = ["ApiToken", "GroupMapping", "Role", "RoleGrant", "RoleSetting", "User"]
