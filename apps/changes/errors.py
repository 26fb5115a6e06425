"""What the services of changes refuse. Each text is one sentence for the person who asked."""

from collections.abc import Sequence

from lvs.rules import Problem


class ChangeError(Exception):
    """Base of all: the act was refused and nothing was changed."""


class Invalid(ChangeError):
    """The table has problems; each with the path of its field."""

    def __init__(self, problems: Sequence[Problem], message: str = "") -> None:
        super().__init__(message or " ".join(dict.fromkeys(p.message for p in problems)))
        self.problems = list(problems)


class Conflict(ChangeError):
    """Somebody else was quicker: the draft, or its state, is not what the person saw."""


class NotAllowed(ChangeError):
    """The state of the change, or whose it is, forbids the act."""


class Stale(ChangeError):
    """What the change was made from is gone: the head or a director's kernel moved."""
