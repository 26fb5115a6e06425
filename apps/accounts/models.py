"""People. Roles are Django groups: viewer, operator, approver, admin."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """Someone who signs in. Our own class from the first day, so that it can grow fields."""

    @property
    def display_name(self) -> str:
        """Full name where there is one, else the login name."""
        return self.get_full_name() or self.username
