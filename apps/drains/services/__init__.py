"""Everything that writes drains."""

from apps.drains.services.ask import end_early, start_drain, undo_drain
from apps.drains.services.watch import watch_drains

__all__ = ["end_early", "start_drain", "undo_drain", "watch_drains"]
