"""What the services of people refuse."""


class AccountError(Exception):
    """The text is one sentence for the person who asked."""
