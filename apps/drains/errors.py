"""What the services of drains refuse."""

from apps.changes.errors import ChangeError


class DrainError(ChangeError):
    """The text is one sentence for the person who asked."""
