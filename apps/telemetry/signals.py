"""What apps above may need to know, or may tell people of, in the transaction of what happened."""

from django.dispatch import Signal

observed = Signal()
"""A director (`director`) told what its kernel holds, changed or not, at `seen_at` by our clock."""

director_away = Signal()
"""A director (`director`) has been silent for long: `since` is when it was heard last."""

director_back = Signal()
"""A director (`director`) that `director_away` told of is heard again; it was silent from `since` on."""
