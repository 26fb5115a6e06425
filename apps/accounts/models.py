"""People. Roles are Django groups: viewer, operator, approver, admin."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """Someone who signs in. Our own class from the first day, so that it can grow fields."""

    class Meta:
        # What roles may do. They belong to no model of their own; apps/accounts/policy.py reads them.
        permissions = [
            ("view_console", "Can see everything but secrets"),
            ("view_audit", "Can read the audit log"),
            ("edit_clusters", "Can edit clusters"),
            ("edit_changes", "Can edit changes"),
            ("submit_changes", "Can submit changes"),
            ("review_changes", "Can review changes"),
            ("ask_directors", "Can see the connections and the fitness of directors"),
            ("zero_counters", "Can set counters to zero"),
            ("manage_directors", "Can manage directors"),
            ("manage_people", "Can manage people"),
        ]

    @property
    def display_name(self) -> str:
        """Full name where there is one, else the login name."""
        return self.get_full_name() or self.username
