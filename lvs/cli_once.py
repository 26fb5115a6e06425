"""Options of the command line that say one thing: a second time is a mistake."""

import argparse
from collections.abc import Sequence
from typing import Any


class Once(argparse.Action):
    """Stores the value, as argparse does; an option that is given twice is a usage error.

    argparse would let the second win in silence: of two clients one would never be looked for. Its default
    must be None.
    """

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Called by argparse, for each time the option is given."""
        if getattr(namespace, self.dest) is not None:
            raise argparse.ArgumentError(self, "it is given twice, and only one can be meant")
        setattr(namespace, self.dest, values)
