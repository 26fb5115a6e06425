"""Which errands were done: what comes again, even to another life of the agent, is not done again."""

import json
from collections import deque
from pathlib import Path

from lvs.agent.errand import Errand
from lvs.agent.files import write_whole
from lvs.errors import StateDamaged

REMEMBERED = 1000
"""An errand expires within a minute, and nobody asks for so many in one."""

Mark = tuple[int, float]
"""The errand's number at its console, and from when on it counts."""


class DoneErrands:
    """In this process, and of acts in the file `errands.json` below the state folder, too.

    A question that is answered twice changes nothing: it costs no write. An errand is known by its number and
    its time: another console counts from 1 again, and so does one that came back from its backup.
    """

    def __init__(self, state_dir: Path) -> None:
        self._file = state_dir / "errands.json"
        self._known: deque[Mark] = deque(maxlen=REMEMBERED)

    def known(self, errand: Errand, *, act: bool) -> bool:
        """Whether it was begun before. Raises StateDamaged where the file must be asked and can't be read."""
        mark = _mark(errand)
        return mark in self._known or (act and mark in self._acts())

    def note(self, errand: Errand, *, act: bool) -> None:
        """Before it is done. Raises LvsError where an act can't be noted on disk: it must not be done."""
        mark = _mark(errand)
        self._known.append(mark)
        if act:
            write_whole(self._file, json.dumps([*self._acts(), mark][-REMEMBERED:]))

    def _acts(self) -> list[Mark]:
        try:
            return [(int(number), float(at)) for number, at in json.loads(self._file.read_text())]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            raise StateDamaged(
                f"{self._file} is damaged ({error!r}). It says which acts were done, so none is done "
                "without it. Restore it, or move it away."
            ) from error


def _mark(errand: Errand) -> Mark:
    return errand.errand, float(errand.not_before)
