"""What apps above may tell people of, sent in the transaction of what happened."""

from django.dispatch import Signal

happened = Signal()
"""Something happened to a change: `change` (as it is now), `event` (`review_asked`, `review_due`,
`applied`, `failed`, `partial`, `confirm_due`, `taken_back`), `actor` (who did it; None = nobody)."""

drift_began = Signal()
"""A director (`director`) no longer holds what was approved: `text` says what differs, in one line."""
