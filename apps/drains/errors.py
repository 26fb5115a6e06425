"""What the services of drains refuse."""


class DrainError(Exception):
    """The text is one sentence for the person who asked."""
