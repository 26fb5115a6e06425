"""What apps above may tell people of, sent in the transaction of what happened."""

from django.dispatch import Signal

director_away = Signal()
"""A director (`director`) has been silent for long: `since` is when it was heard last."""

director_back = Signal()
"""A director (`director`) that `director_away` told of is heard again; it was silent from `since` on."""
