"""What the services of people refuse."""


class AccountError(Exception):
    """The text is one sentence for the person who asked; `field` is where it belongs, "" = nowhere."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class SignOnRefused(AccountError):
    """Somebody whom the provider of single sign-on knows, by this subject, may not come in."""

    def __init__(self, message: str, subject: str) -> None:
        super().__init__(message)
        self.subject = subject


class ProviderTrouble(Exception):
    """The provider of single sign-on is away, or its answer makes no sense. The text is for the log."""
