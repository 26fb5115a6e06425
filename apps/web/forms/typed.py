"""All forms of one page together: each problem beside its field."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from apps.web.forms.fields import TiedForm
from lvs.rules import Path, Problem


class Typed(ABC):
    """What one page posts."""

    def __init__(self) -> None:
        self.other: list[str] = []
        """Problems that belong to no field."""
        self.warnings: list[str] = []

    @property
    @abstractmethod
    def forms(self) -> list[TiedForm]:
        """Every form on the page."""

    @property
    @abstractmethod
    def counting(self) -> list[TiedForm]:
        """Those that hold anything that is to be stored."""

    @abstractmethod
    def field_of(self, path: Path) -> tuple[TiedForm | None, str]:
        """The form and the name of the field that a problem's path means; None: there is none."""

    @property
    def ok(self) -> bool:
        """Whether nothing stands against storing it."""
        return not self.other and not any(form.errors for form in self.counting)

    def forget_missing(self) -> None:
        """Drop messages about empty fields: whoever is still typing will come to them."""
        for form in self.forms:
            for name in [n for n in form.errors if n in form.fields]:
                if not str(form[name].value() or "").strip():
                    del form.errors[name]

    def warn_of(self, problems: Iterable[Problem]) -> None:
        """Name problems of what is stored already: nobody has typed anything yet."""
        self.warnings += dict.fromkeys(problem.message for problem in problems)

    def blame(self, problems: Iterable[Problem]) -> None:
        """Put each problem beside its field; what has no field goes to `other`."""
        for problem in problems:
            form, name = self.field_of(problem.path)
            if problem.severity == "warning":
                self.warnings += [problem.message] if problem.message not in self.warnings else []
            elif form is None:
                self.other.append(problem.message)
            elif not form.has_error(name):  # one message at a time: the first is the cause
                form.add_error(name, problem.message)
