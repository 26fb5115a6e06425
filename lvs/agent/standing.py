"""Whether Redis takes this director's user. Who was enrolled anew meanwhile begins anew, as who it is now."""

import logging
import threading
import time
from collections.abc import Callable

import redis
from redis.exceptions import NoPermissionError

from lvs.agent.config import Config, ConfigError, load_config
from lvs.agent.link import one_line

logger = logging.getLogger(__name__)

SAY_AGAIN_AFTER = 600.0
"""Seconds, while it goes on being refused."""

_NOT_TAKEN = (
    "Redis does not take this director's user: it was cut off at the console, or enrolled anew. Enrol it "
    "with the command that its page in the console shows, and restart this agent. (A Redis that only lost "
    "its users gets them again from the console within seconds. It said: %s)"
)
_NOT_ALLOWED = (
    "Redis does not let this director's user do its work. The console's worker gives it its rights: is it "
    "running, and of this agent's version? (Redis said: %s)"
)


class Standing:
    """What all who talk to Redis heard of it: said once for all of them."""

    def __init__(self, config: Config, begin_anew: Callable[[], None] = lambda: None) -> None:
        """begin_anew: ends this process in good order, to be started again."""
        self._file = config.file
        self._identity = config.identity
        self._begin_anew = begin_anew
        self._turned_away: set[str] = set()
        """Who was refused, and was not taken since."""
        self._forbidden: set[str] = set()
        """Who was let in, and refused what it does there."""
        self._said, self._said_at = "", float("-inf")
        self._ending = False
        self._lock = threading.Lock()

    def refused(self, who: str, error: BaseException) -> bool:
        """Whether it was not Redis being away, but our user being refused: then all is said of it.

        who: which of us met it.
        """
        if not isinstance(error, redis.AuthenticationError | NoPermissionError):
            return False
        with self._lock:
            text = _NOT_ALLOWED if isinstance(error, NoPermissionError) else _NOT_TAKEN
            late = time.monotonic() - self._said_at > SAY_AGAIN_AFTER
            if late or not self._turned_away or text != self._said:
                self._said, self._said_at = text, time.monotonic()
                logger.warning(text, one_line(error))
            self._turned_away.add(who)
            (self._forbidden.add if text == _NOT_ALLOWED else self._forbidden.discard)(who)
            if not self._ending and self._enrolled_anew():
                self._ending = True
                logger.warning("this host was enrolled anew: ending, to begin as who it is now")
                self._begin_anew()
        return True

    def let_in(self, who: str) -> bool:
        """Redis took its user; whether it may do its work there, as far as it has been tried."""
        with self._lock:
            if who in self._forbidden:
                return False
            self._turned_away.discard(who)
            return True

    def taken(self, who: str) -> None:
        """Redis did what it asked for."""
        with self._lock:
            self._turned_away.discard(who)
            self._forbidden.discard(who)

    def _enrolled_anew(self) -> bool:
        """Whether the configuration is another director's by now, as far as we may read it."""
        try:
            return self._file is not None and load_config(self._file).identity != self._identity
        except (ConfigError, OSError):
            return False  # it is asked again at the next refusal
