"""What the services of notifications refuse."""


class NotifyError(Exception):
    """The text is one sentence for the person who asked; `field` is where it belongs, "" = nowhere."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field
