"""What the apps above may need to know, or to refuse, in the same transaction."""

from django.dispatch import Signal

stored = Signal()
"""A cluster or a director was made or edited: the argument `cluster` or `director` holds it."""

directors_changed = Signal()
"""A cluster (`cluster`, locked) got other directors. A receiver raises InventoryError to refuse it."""
