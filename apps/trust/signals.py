"""What the apps above may need to know, in the transaction of what happened."""

from django.dispatch import Signal

enrolled = Signal()
"""A host became the director (`director`), with a key of its own: the key before, if any, counts no more."""
