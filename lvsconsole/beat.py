"""The clock of the console's worker."""

import logging
from typing import Any

from celery.beat import ScheduleEntry, Scheduler, SchedulingError

logger = logging.getLogger(__name__)


class QuietScheduler(Scheduler):
    """Keeps its schedule in memory, and says in one line that Redis is away, once.

    Nothing in our schedule needs to survive a restart, and nothing is late: the next beat comes.
    """

    _away = False

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        """Send the task that is due."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except SchedulingError as error:
            if not self._away:
                logger.warning("%s; trying again at each beat", error)
            self._away = True
        else:
            if self._away:
                logger.info("Redis takes tasks again")
            self._away = False
