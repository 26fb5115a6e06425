"""What the apps above may need to know, or to refuse, in the same transaction."""

from django.dispatch import Signal

directors_changed = Signal()
"""A cluster (`cluster`, locked) got other directors. A receiver raises InventoryError to refuse it."""
