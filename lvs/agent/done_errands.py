"""Which errands were done: what comes again, even to another life of the agent, is not done again."""

import json
from collections import deque
from pathlib import Path

from lvs.agent.files import write_whole
from lvs.errors import StateDamaged

REMEMBERED = 1000
"""An errand expires within a minute, and nobody asks for so many in one."""


class DoneErrands:
    """Numbers in this process, and of acts in the file `errands.json` below the state folder, too.

    A question that is answered twice changes nothing: its number costs no write.
    """

    def __init__(self, state_dir: Path) -> None:
        self._file = state_dir / "errands.json"
        self._numbers: deque[int] = deque(maxlen=REMEMBERED)

    def known(self, number: int, *, act: bool) -> bool:
        """Whether it was begun before. Raises StateDamaged where the file must be asked and can't be read."""
        return number in self._numbers or (act and number in self._acts())

    def note(self, number: int, *, act: bool) -> None:
        """Before it is done. Raises LvsError where an act can't be noted on disk: it must not be done."""
        self._numbers.append(number)
        if act:
            write_whole(self._file, json.dumps([*self._acts(), number][-REMEMBERED:]))

    def _acts(self) -> list[int]:
        try:
            return [int(number) for number in json.loads(self._file.read_text())]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            raise StateDamaged(
                f"{self._file} is damaged ({error!r}). It says which acts were done, so none is done "
                "without it. Restore it, or move it away."
            ) from error
